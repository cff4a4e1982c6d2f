// A click on what came puts its path into the field of the label that was last looked at, and goes on to the next.

const fields = [...document.querySelectorAll("[data-field]")];
let current = fields[0];
for (const field of fields) field.addEventListener("focus", () => { current = field; });

for (const leaf of document.querySelectorAll("[data-path]")) {
  leaf.addEventListener("click", () => {
    if (!current) return;
    current.value = current.value.trim() ? `${current.value.trimEnd()}\n${leaf.dataset.path}` : leaf.dataset.path;
    current.rows = current.value.split("\n").length;
    current.dispatchEvent(new Event("input", { bubbles: true }));
    current.focus();
  });
}

// The address with the token in it, at one touch. Not navigator.clipboard: over plain HTTP browsers do not have it.
const whole = document.getElementById("whole");
if (whole) {
  const copy = Object.assign(document.createElement("button"), { type: "button", textContent: whole.dataset.copy });
  copy.addEventListener("click", () => {
    whole.select();
    if (document.execCommand("copy")) copy.textContent = whole.dataset.copied;
  });
  whole.after(copy);
}
