//! Which of several modules that hold the same is which: by order where there is one, by likeness where there is none.

use std::collections::{BTreeMap, BTreeSet};

use super::flow::{Flow, Order};
use super::likeness::{Contents, Likeness, Ours, Theirs};
use super::modules::Module;
use super::torchvision_order::Position;
use crate::graph::NodeId;
use crate::text;
use crate::text::Text;

/// Most modules alike that are held against each other one by one.
const MOST: usize = 4096;

/// How often all of them are gone through: each time something has been exchanged.
const MOST_ROUNDS: usize = 64;

/// As many modules of a network, in the order of execution, as of a file, all of which hold the same.
pub(super) struct Alike<'m> {
    pub(super) ours: Vec<(NodeId, Module<'m>)>,
    pub(super) theirs: Vec<Module<'m>>,
    /// Whether the order of the file is that in which its modules were made.
    pub(super) in_order: bool,
}

/// The same, each of ours beside its own of theirs.
pub(super) struct Settled<'m> {
    pub(super) ours: Vec<(NodeId, Module<'m>)>,
    pub(super) theirs: Vec<Module<'m>>,
    /// For each of ours, if that is not certain, the places of those that it may be.
    pub(super) candidates: Vec<Vec<usize>>,
    /// What is not certain, in words.
    pub(super) open: Vec<Text>,
}

/// Modules of a file with what is known of their order.
struct Sorted {
    /// By place in the list: the run of modules that it is in, each of which is known to be before the next.
    run: Vec<usize>,
}

impl<'m> Alike<'m> {
    /// Finds out which is which.
    pub(super) fn settle(mut self, flow: &Flow, contents: &Contents) -> Settled<'m> {
        let sorted = self.sort();
        let nodes: Vec<NodeId> = self.ours.iter().map(|&(node, _)| node).collect();
        let is_one_run = sorted.run.last() == Some(&0);
        if self.ours.len() < 2 || is_one_run && flow.is_chain(&nodes) {
            return self.settled(&[]);
        }
        let distinct: Vec<NodeId> = nodes.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
        if let Some(order) = flow.order(&distinct).filter(|_| self.ours.len() <= MOST) {
            return self.exchange(&sorted, &distinct, &order, contents);
        }
        let all: Vec<_> = (1..self.ours.len()).map(|place| (place - 1, place)).collect();
        self.settled(&all)
    }

    /// Sorts the file's modules by what their names tell of their order, or, if these do not tell all, by the file's own.
    fn sort(&mut self) -> Sorted {
        let own: Vec<&str> = self.theirs.iter().map(|module| module.name).collect();
        let positions: BTreeMap<&str, Position> =
            own.iter().map(|&name| (name, Position::of(name))).collect();
        let is_known = |one: &str, other: &str| positions[one].is_apart(&positions[other]);
        self.theirs.sort_by(|one, other| {
            (&positions[one.name], one.name).cmp(&(&positions[other.name], other.name))
        });
        let mut run = vec![0; own.len()];
        for place in 1..own.len() {
            let apart = is_known(self.theirs[place - 1].name, self.theirs[place].name);
            run[place] = run[place - 1] + usize::from(!apart);
        }
        let goes_against =
            |pair: &[&str]| is_known(pair[0], pair[1]) && positions[pair[0]] > positions[pair[1]];
        if self.in_order && run.last() != Some(&0) && !own.windows(2).any(goes_against) {
            let places: BTreeMap<&str, usize> =
                own.iter().enumerate().map(|(at, &name)| (name, at)).collect();
            self.theirs.sort_by_key(|module| places[module.name]);
            run.fill(0);
        }
        Sorted { run }
    }

    /// Exchanges what is known to be wrong until nothing is.
    fn exchange(
        mut self,
        sorted: &Sorted,
        nodes: &[NodeId],
        order: &Order,
        contents: &Contents,
    ) -> Settled<'m> {
        let ours: Vec<Ours> = self.ours.iter().map(|(node, module)| contents.ours(module, *node)).collect();
        let names: Vec<&str> = self.theirs.iter().map(|module| module.name).collect();
        let positions: Vec<Position> = names.iter().map(|name| Position::of(name)).collect();
        let theirs: Vec<Theirs> = names.iter().map(|name| Theirs::of(name)).collect();
        let place = |at: usize| nodes.binary_search(&ours[at].node).unwrap_or(0);
        let flows = |one: usize, other: usize| order.is_before(place(one), place(other));
        // Whether the first of two of theirs is known to be before the other.
        let is_before = |one: usize, other: usize| {
            one < other
                && (sorted.run[one] == sorted.run[other] || positions[one].is_apart(&positions[other]))
        };
        let mut is: Vec<usize> = (0..ours.len()).collect();
        let mut open = vec![];
        for round in 0..MOST_ROUNDS {
            let mut exchanged = false;
            open.clear();
            for one in 0..ours.len() {
                for other in one + 1..ours.len() {
                    let (a, b) = (is[one], is[other]);
                    let ordered = (flows(one, other), is_before(a, b), is_before(b, a));
                    let likeness = match ordered {
                        (true, true, _) => Likeness::Straight,
                        (true, false, true) => Likeness::Crossed,
                        _ => contents.likeness([&ours[one], &ours[other]], [&theirs[a], &theirs[b]]),
                    };
                    match likeness {
                        Likeness::Straight => {}
                        Likeness::Crossed if round + 1 < MOST_ROUNDS => {
                            is.swap(one, other);
                            exchanged = true;
                        }
                        Likeness::Crossed | Likeness::Open => open.push((one, other)),
                    }
                }
            }
            if !exchanged {
                break;
            }
        }
        let mut theirs: Vec<Option<Module>> =
            std::mem::take(&mut self.theirs).into_iter().map(Some).collect();
        self.theirs = is.iter().filter_map(|&at| theirs[at].take()).collect();
        self.settled(&open)
    }

    /// What is certain but for these pairs.
    fn settled(self, open: &[(usize, usize)]) -> Settled<'m> {
        let mut candidates = vec![BTreeSet::new(); self.ours.len()];
        for &(one, other) in open {
            for place in [one, other] {
                candidates[place].extend([one, other]);
            }
        }
        let candidates = candidates.into_iter().map(|places| places.into_iter().collect()).collect();
        let open = open.iter().map(|&(one, other)| {
            let ([first, second], [one, other]) = (
                [one, other].map(|place| self.ours[place].1.name),
                [one, other].map(|place| self.theirs[place].name),
            );
            text!(
                "`{one}` and `{other}` hold the same shapes, and their names do not tell which of them is `{first}` and \
                 which `{second}`",
                "`{one}` 与 `{other}` 的形状相同,而名称不能说明哪个是 `{first}`,哪个是 `{second}`"
            )
        });
        Settled { open: open.collect(), ours: self.ours, theirs: self.theirs, candidates }
    }
}

/// Takes back what was told by numbers that elsewhere count against the flow of the data: a decoder's often count down.
pub(super) fn against_the_flow<'m>(mut all: Vec<Settled<'m>>, flow: &Flow) -> Vec<Settled<'m>> {
    // The modules of each series, by their number: where one would begin a series of its own, it has no other.
    let mut series: BTreeMap<String, BTreeMap<u128, NodeId>> = BTreeMap::new();
    for settled in &all {
        for (place, (node, _)) in settled.ours.iter().enumerate() {
            if settled.candidates[place].is_empty() {
                for (name, number) in numbered(settled.theirs[place].name) {
                    series.entry(name).or_default().insert(number, *node);
                }
            }
        }
    }
    let counts_down = |nodes: &&BTreeMap<u128, NodeId>| {
        let nodes: Vec<NodeId> = nodes.values().copied().collect();
        nodes.windows(2).any(|pair| pair[1] < pair[0] && flow.is_before(pair[1], pair[0]))
    };
    let misleading: BTreeSet<String> =
        series.iter().filter(|(_, nodes)| counts_down(nodes)).map(|(name, _)| name.clone()).collect();
    if misleading.is_empty() {
        return all;
    }
    for settled in &mut all {
        settled.take_back(&misleading);
    }
    all
}

impl Settled<'_> {
    fn take_back(&mut self, misleading: &BTreeSet<String>) {
        let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, module) in self.theirs.iter().enumerate() {
            for (name, _) in numbered(module.name).filter(|(name, _)| misleading.contains(name)) {
                members.entry(name).or_default().push(place);
            }
        }
        for places in members.values().filter(|places| places.len() > 1) {
            for &place in places {
                self.candidates[place].extend(places);
                self.candidates[place].sort_unstable();
                self.candidates[place].dedup();
            }
            let names: Vec<_> = places.iter().take(2).map(|&place| self.theirs[place].name).collect();
            let (one, other) = (names[0], names[1]);
            self.open.push(text!(
                "the numbers in `{one}` and `{other}` do not tell which is used first: others of that name count against the \
                 order of use",
                "`{one}` 与 `{other}` 中的编号不能说明使用的先后:同名的其他模块按相反的次序编号"
            ));
        }
    }
}

/// The series that a name is in: the name without one of its numbers, and that number.
fn numbered(name: &str) -> impl Iterator<Item = (String, u128)> {
    let digits = |at: usize| name[at..].bytes().take_while(u8::is_ascii_digit).count();
    let is_start = move |at: &usize| {
        let before = at.checked_sub(1).and_then(|before| name.as_bytes().get(before));
        digits(*at) > 0 && !before.is_some_and(u8::is_ascii_digit)
    };
    let starts = (0..name.len()).filter(|&at| name.is_char_boundary(at)).filter(is_start);
    starts.filter_map(move |at| {
        let end = at + digits(at);
        Some((format!("{}#{}", &name[..at], &name[end..]), name[at..end].parse().ok()?))
    })
}
