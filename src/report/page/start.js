"use strict";
document.documentElement.classList.add("js");
try {
  const theme = localStorage.getItem("cnncost-theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // A page of a file may have no storage: then it follows the system.
}
