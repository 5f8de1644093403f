// Keys of the desk: / search, a accept, c take in, j and k through the list. Never while typing.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (target) {
    event.preventDefault();
    if (target.matches("a")) target.click();
    else target.focus();
    return;
  }
  if (event.key === "j" || event.key === "k") {
    const rows = [...document.querySelectorAll(".desk-open")];
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(Math.max(at + (event.key === "j" ? 1 : -1), 0), rows.length - 1)]?.focus();
  }
});
