// Finds columns of a long page by a part of their name; "/" goes to the field. Without it the page is whole.
(() => {
  const place = document.querySelector(".find");
  const named = [...document.querySelectorAll("table.stack > tbody > tr, details.column")].map(one =>
    [one, (one.querySelector("th, summary").title + one.querySelector("th, summary").textContent).toLowerCase()]);
  const folded = [...document.querySelectorAll("details.folded")];
  const field = document.createElement("input"), said = document.createElement("output");
  field.type = "search";
  field.placeholder = "Find a column (/)";
  field.setAttribute("aria-label", "Find a column");
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    let found = 0;
    for (const [one, name] of named) found += !one.classList.toggle("unfound", !name.includes(wanted));
    for (const one of folded) one.open = wanted !== "";
    said.textContent = wanted && (found ? `${found} found` : "none found");
  });
  document.addEventListener("keydown", event => {
    if (event.key === "/" && document.activeElement !== field) { event.preventDefault(); field.focus(); }
  });
  place.append(field, said);
})();
