// Opens pages of `cnncost report` in Chromium as a reader does: finds, sorts, folds, links, prints, and looks for what hinders
// anybody. Usage: node test.mjs PROGRAM [FOLDER], where pictures are left in FOLDER for a person to look at.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [program, pictures] = process.argv.slice(2);
const here = dirname(fileURLToPath(import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core"), "utf8");
const folder = mkdtempSync(join(tmpdir(), "cnncost-page-"));
if (pictures) mkdirSync(pictures, { recursive: true });

// An ONNX file of a chain of operators with these names, written field by field: a description refuses such names, ONNX does not.
function onnx(names) {
  const number = (value) => {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
    return Buffer.from([...bytes, value]);
  };
  const field = (tag, content) => {
    const bytes = typeof content === "string" ? Buffer.from(content) : Buffer.concat(content);
    return Buffer.concat([number(tag * 8 + 2), number(bytes.length), bytes]);
  };
  const integer = (tag, value) => Buffer.concat([number(tag * 8), number(value)]);
  const tensor = (tag, name) => {
    const shape = [1, 3, 8, 8].map((size) => field(1, [integer(1, size)]));
    return field(tag, [field(1, name), field(2, [field(1, [integer(1, 1), field(2, shape)])])]);
  };
  const nodes = names.map((name, at) => {
    const output = at + 1 === names.length ? "out" : `t${at}`;
    return field(1, [field(1, at === 0 ? "in" : `t${at - 1}`), field(2, output), field(3, name), field(4, "Relu")]);
  });
  const graph = field(7, [...nodes, field(2, "graph"), tensor(11, "in"), tensor(12, "out")]);
  return Buffer.concat([integer(1, 8), graph, field(8, [integer(2, 17)])]);
}

const NAMES = ['"><img src=x onerror=alert(2)>', "</title><svg onload=alert(3)>", "a\u202eb`<!--", "]]></script>", "x".repeat(60_000), "网络`"];
const strange = join(folder, "strange.onnx");
writeFileSync(strange, onnx(NAMES));
const large = join(folder, "large.onnx");
writeFileSync(large, onnx(Array.from({ length: 3000 }, (_, at) => `/stage${Math.floor(at / 300)}/block${Math.floor(at / 10) % 30}/relu${at}`)));

const MOST_BYTES = 1_500_000;

// What each page is made with.
const PAGES = {
  googlenet: ["googlenet"],
  resnet152: ["resnet152", "--device-spec", "t4"],
  variants: ["bottleneck@*", "--device-spec", "t4"],
  chinese: ["inception", "resnet50", "--lang", "zh"],
  hostile: [join(here, "hostile.toml"), strange],
  large: [large],
  lecture: ["lecture11"],
};

const made = Object.fromEntries(
  Object.entries(PAGES).map(([name, words]) => {
    const file = join(folder, `${name}.html`);
    execFileSync(program, ["report", ...words, "-o", file], { stdio: ["ignore", "ignore", "inherit"] });
    return [name, file];
  }),
);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
});

// Opens a page; whatever it complains of, or asks a network for, is a mistake.
async function opened(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, offline: true, ...options });
  const page = await context.newPage();
  const wrong = [];
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  page.on("request", (request) => request.url().startsWith("file:") || wrong.push(request.url()));
  await page.goto(pathToFileURL(made[name]).href);
  return { page, wrong, close: () => context.close() };
}

async function violations(page) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary}`).join(" | ")}`);
}

// Goes to a part of the page. The address changes at once, and what it names is shown a little after that.
async function follow(page, link) {
  await link.click();
  await link.and(page.locator("[aria-current=page]")).waitFor();
}

const shown = (page) => page.locator(".panel.shown .layers tbody tr:not([hidden])");
const row = (page, name) => page.locator(".panel.shown .layers tbody tr").filter({ has: page.locator("th", { hasText: new RegExp(`^${name}$`) }) }).first();

const TESTS = {
  async "pages are small enough to send, and open at once"() {
    for (const name of ["googlenet", "resnet152", "large"]) {
      const most = name === "large" ? 3 * MOST_BYTES : MOST_BYTES;
      assert.ok(statSync(made[name]).size <= most, `${name} has ${statSync(made[name]).size} bytes`);
      const { page, close } = await opened(name);
      const time = await page.evaluate(() => performance.getEntriesByType("navigation")[0].loadEventEnd);
      console.log(`  ${name}: ${statSync(made[name]).size} bytes, ${Math.round(time)} ms`);
      assert.ok(time < 5000, `${name} took ${time} ms`);
      await close();
    }
  },

  async "nothing hinders anybody, in any theme or language"() {
    for (const name of ["googlenet", "variants", "chinese", "hostile", "lecture"]) {
      for (const colorScheme of ["light", "dark"]) {
        const { page, wrong, close } = await opened(name, { colorScheme });
        for (const link of await page.locator("nav a").all()) {
          await follow(page, link);
          for (const part of await page.locator(".panel.shown > details > summary").all()) await part.click();
          const first = page.locator(".panel.shown .layers tbody tr").nth(1);
          if ((await first.count()) > 0) await first.click();
          assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}, ${await link.textContent()}`);
          if (pictures) {
            const part = (await link.getAttribute("href")).slice(1);
            await page.screenshot({ path: join(pictures, `${name}-${part}-${colorScheme}.png`), fullPage: true });
          }
        }
        assert.deepEqual(wrong, [], name);
        await close();
      }
    }
  },

  async "boxes are folded and opened"() {
    const { page, wrong, close } = await opened("googlenet");
    const before = await shown(page).count();
    assert.ok(before < 50, `${before} rows`);
    await page.getByRole("button", { name: "open all" }).click();
    const all = await shown(page).count();
    assert.ok(all > 200, `${all} rows`);
    await page.getByRole("button", { name: "close all" }).click();
    assert.ok((await shown(page).count()) <= before);
    const box = row(page, "3a");
    assert.equal(await box.getAttribute("aria-expanded"), "false");
    await box.locator("th").click({ position: { x: 8, y: 10 } });
    assert.equal(await box.getAttribute("aria-expanded"), "true");
    assert.deepEqual(wrong, []);
    await close();
  },

  async "every column sorts, and the order of execution comes back"() {
    const { page, wrong, close } = await opened("googlenet");
    const names = async () => shown(page).locator("th").allTextContents();
    const before = await names();
    await page.getByRole("button", { name: "MACs", exact: true }).click();
    const head = page.locator(".layers th[data-key=macs]");
    assert.equal(await head.getAttribute("aria-sort"), "descending");
    const at = await head.evaluate((cell) => cell.cellIndex + 1);
    const macs = async () => {
      const cells = await shown(page).locator(`:nth-child(${at})`).allTextContents();
      return cells.filter(Boolean).map((cell) => Number(cell.replaceAll(",", "")));
    };
    const sorted = await macs();
    assert.deepEqual(sorted, sorted.toSorted((a, b) => b - a));
    assert.equal((await names())[0], "conv2/conv2d_1");
    await head.getByRole("button").click();
    assert.deepEqual(await macs(), sorted.toSorted((a, b) => a - b));
    for (const button of await page.locator(".layers thead button:visible").all()) await button.click();
    await page.getByRole("button", { name: "in order" }).click();
    assert.deepEqual(await names(), before);
    assert.equal(await page.locator(".layers th[aria-sort]").count(), 0);
    assert.deepEqual(wrong, []);
    await close();
  },

  async "names sort as people count, and what is opened is in sight"() {
    const { page, wrong, close } = await opened("resnet152", { viewport: { width: 1280, height: 900 } });
    const head = page.locator(".panel.shown .layers th[data-key=layer]");
    await head.getByRole("button").click();
    assert.equal(await head.getAttribute("aria-sort"), "ascending");
    const names = await shown(page).locator("th").allTextContents();
    const at = (name) => names.findIndex((other) => other.startsWith(name));
    assert.ok(at("layer3/2/") >= 0 && at("layer3/2/") < at("layer3/10/"));
    await page.getByRole("button", { name: "in order" }).click();
    await row(page, "conv1").click();
    const working = await page.locator(".panel.shown .explained").boundingBox();
    assert.ok(working.y >= 0 && working.y + working.height <= 901, JSON.stringify(working));
    assert.deepEqual(wrong, []);
    await close();
  },

  async "what is searched for is found with the boxes around it"() {
    const { page, wrong, close } = await opened("googlenet");
    const search = page.getByRole("searchbox");
    await page.keyboard.press("/");
    await page.keyboard.type("3a/5x5");
    assert.equal(await search.inputValue(), "3a/5x5");
    const names = await shown(page).locator("th").allTextContents();
    assert.equal(names[0], "3a");
    assert.match(await page.locator(".panel.shown .said").textContent(), /^\d+ found$/);
    await search.fill("no such layer");
    assert.equal(await shown(page).count(), 0);
    assert.equal(await page.locator(".panel.shown .said").textContent(), "nothing found");
    await search.fill("");
    assert.ok((await shown(page).count()) > 20);
    assert.deepEqual(wrong, []);
    await close();
  },

  async "a layer is one thing in the table, in the picture and in the address"() {
    const { page, wrong, close } = await opened("googlenet");
    await row(page, "conv2").click();
    const chosen = page.locator(".panel.shown .column .chosen");
    assert.ok((await chosen.count()) > 0);
    assert.equal(await page.locator(".panel.shown .explained h3").textContent(), "conv2");
    const thing = page.locator(".panel.shown .column .node[data-place^=N]").nth(4);
    const key = await thing.getAttribute("data-place");
    await thing.click();
    const selected = page.locator(".layers tr[aria-selected=true]");
    assert.equal(await selected.count(), 1);
    assert.equal(await selected.getAttribute("id"), `n0-${key}`);
    assert.ok(await selected.isVisible());
    assert.equal(new URL(page.url()).hash, `#n0-${key}`);
    assert.ok((await page.locator(".panel.shown .explained math").count()) > 0);
    // The address leads there again.
    const address = page.url();
    await page.goto("about:blank");
    await page.goto(address);
    assert.equal(await selected.getAttribute("id"), `n0-${key}`);
    assert.deepEqual(wrong, []);
    await close();
  },

  async "every line leads to something in the picture, and has a working"() {
    for (const name of ["googlenet", "resnet152"]) {
      const { page, wrong, close } = await opened(name);
      const [rows, lost] = await page.evaluate(() => {
        const rows = [...document.querySelectorAll(".panel.shown .layers tr[id]")];
        const working = document.querySelector(".panel.shown .explained");
        const isLost = (row) => {
          row.click();
          return document.querySelectorAll(".panel.shown .column .chosen").length === 0 && row.parentElement.tagName === "TBODY" || working.children.length < 2 || working.children[1].textContent === "";
        };
        return [rows.length, rows.filter(isLost).map((row) => row.id)];
      });
      assert.ok(rows > 200);
      assert.deepEqual(lost, [], name);
      assert.deepEqual(wrong, []);
      await close();
    }
  },

  async "all of it goes by keyboard"() {
    const { page, wrong, close } = await opened("googlenet");
    const focused = () => page.evaluate(() => document.activeElement.querySelector("th")?.textContent ?? document.activeElement.outerHTML.slice(0, 80));
    const press = async (...keys) => {
      for (const key of keys) await page.keyboard.press(key);
      return focused();
    };
    await page.locator(".layers thead button:visible").last().focus();
    assert.equal(await press("Tab"), "input");
    assert.equal(await press("ArrowDown"), "conv1");
    assert.equal(await press("ArrowRight", "ArrowRight"), "conv2d_1");
    assert.equal(await press("ArrowLeft"), "conv1");
    assert.equal(await press("ArrowLeft", "End"), "total");
    assert.equal(await press("Home"), "input");
    assert.equal(await press("ArrowDown", "Enter"), "conv1");
    assert.equal(await page.locator(".explained h3").textContent(), "conv1");
    await press("Escape");
    assert.equal(await page.locator(".layers tr[aria-selected=true]").count(), 0);
    // The picture is one stop, and arrows go through it.
    await page.locator(".column [data-place][tabindex='0']").focus();
    await press("ArrowDown", "ArrowDown", "Enter");
    assert.equal(await page.locator(".layers tr[aria-selected=true]").count(), 1);
    const name = await page.evaluate(() => document.activeElement.getAttribute("aria-label"));
    assert.ok(name.length > 3, name);
    assert.deepEqual(wrong, []);
    await close();
  },

  async "columns are chosen, and things are shaded by a figure"() {
    const { page, wrong, close } = await opened("googlenet");
    assert.equal(await page.locator(".layers th[data-key=flops]").isVisible(), false);
    await page.locator("details.columns summary").click();
    await page.getByRole("checkbox", { name: "FLOPs", exact: true }).check();
    assert.equal(await page.locator(".layers th[data-key=flops]").isVisible(), true);
    await page.keyboard.press("Escape");
    assert.equal(await page.locator("details.columns").getAttribute("open"), null);
    await page.locator(".shade").selectOption({ label: "MACs" });
    assert.equal(await page.locator(".picture.heated").count(), 1);
    assert.ok((await page.locator(".column .node[style*='100%']").count()) >= 1);
    await page.locator(".shade").selectOption("");
    assert.equal(await page.locator(".picture.heated").count(), 0);
    assert.deepEqual(wrong, []);
    await close();
  },

  async "the theme follows the system until somebody chooses"() {
    const { page, wrong, close } = await opened("googlenet", { colorScheme: "dark" });
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await paper();
    const button = page.locator("button.theme");
    assert.equal(await button.getAttribute("aria-pressed"), "true");
    await button.click();
    assert.notEqual(await paper(), dark);
    assert.equal(await button.getAttribute("aria-pressed"), "false");
    await page.reload();
    assert.notEqual(await paper(), dark);
    assert.deepEqual(wrong, []);
    await close();
  },

  async "on paper all is open, and nothing is there to press"() {
    const { page, wrong, close } = await opened("variants", { colorScheme: "dark" });
    await page.emulateMedia({ media: "print" });
    const hidden = await page.evaluate(() => {
      const isSeen = (element) => element.checkVisibility();
      const rows = [...document.querySelectorAll(".layers tbody tr")];
      return {
        rows: rows.filter((row) => !isSeen(row)).length,
        panels: [...document.querySelectorAll(".panel")].filter((panel) => !isSeen(panel)).length,
        buttons: [...document.querySelectorAll(".top, .tools, input, select")].filter(isSeen).length,
      };
    });
    assert.deepEqual(hidden, { rows: 0, panels: 0, buttons: 0 });
    assert.equal(await page.evaluate(() => getComputedStyle(document.querySelector(".frame")).backgroundColor), "rgba(0, 0, 0, 0)");
    const pdf = await page.pdf({ format: "A4" });
    assert.ok(pdf.length > 20_000);
    const { page: many, close: enough } = await opened("lecture");
    await many.pdf({ format: "A4" });
    assert.equal(await many.locator("main details:not(.columns):not([open])").count(), 0);
    await enough();
    assert.deepEqual(wrong, []);
    await close();
    if (pictures) {
      for (const name of Object.keys(PAGES)) {
        const { page: paper, close: done } = await opened(name);
        await paper.pdf({ path: join(pictures, `${name}.pdf`), format: "A4", printBackground: false });
        await done();
      }
    }
  },

  async "it is read on a phone, and without a script"() {
    for (const colorScheme of ["light", "dark"]) {
      const { page, wrong, close } = await opened("googlenet", { viewport: { width: 400, height: 800 }, colorScheme });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(wide <= 0, `${wide} pixels too wide`);
      if (pictures) await page.screenshot({ path: join(pictures, `phone-${colorScheme}.png`), fullPage: true });
      assert.deepEqual(wrong, []);
      await close();
    }
    const { page, close } = await opened("variants", { javaScriptEnabled: false });
    assert.equal(await page.locator(".panel:visible").count(), await page.locator(".panel").count());
    assert.equal(await page.locator(".layers tbody tr:visible").count(), await page.locator(".layers tbody tr").count());
    assert.equal(await page.locator(".tools:visible").count(), 0);
    await close();
  },

  async "names are text, whatever is in them"() {
    const { page, wrong, close } = await opened("hostile");
    for (const link of await page.locator("nav a").all()) await follow(page, link);
    await follow(page, page.locator("nav a").nth(1));
    for (const element of await page.locator(".layers tr[id]:visible").all()) await element.click();
    const strange = await page.evaluate(() => document.querySelectorAll("main img, main iframe, main script:not([type='application/json']), [onload], [onerror]").length);
    assert.equal(strange, 0);
    const text = await page.locator("main").textContent();
    assert.ok(text.includes("</script><script>alert(1)</script>") && text.includes("<img src=x onerror=alert(4)>"));
    assert.ok(!text.includes("\u202e"));
    assert.ok((await page.title()).startsWith("</script><script>alert(1)</script>"));
    // Even a script that was slipped in would not run.
    await page.evaluate(() => document.body.insertAdjacentHTML("beforeend", "<img src=x onerror=\"document.title='x'\">"));
    await page.waitForTimeout(200);
    assert.notEqual(await page.title(), "x");
    assert.deepEqual(wrong.filter((line) => !/Content Security Policy|ERR_/.test(line) && !line.endsWith("/x")), []);
    await close();
  },
};

let failures = 0;
for (const [name, test] of Object.entries(TESTS)) {
  try {
    await test();
    console.log(`ok: ${name}`);
  } catch (error) {
    failures += 1;
    console.log(`FAILED: ${name}\n${error.stack}`);
  }
}
await browser.close();
console.log(failures === 0 ? `${Object.keys(TESTS).length} tests passed` : `${failures} tests failed`);
process.exitCode = failures === 0 ? 0 : 1;
