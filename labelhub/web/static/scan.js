// A code from the camera or a photo goes where a typed one goes: into the form's field, and off.
/* global ZXingWASM */

const viewer = document.getElementById("viewer");
const told = document.getElementById("told");
const field = document.getElementById("code");
const codeForm = document.getElementById("code-form");
const photo = document.getElementById("photo");
const LOOK_MS = 120; // between two looks, so that a phone stays cool
const LONGEST_PX = 1280;

ZXingWASM.prepareZXingModule({ overrides: { locateFile: () => viewer.dataset.wasm } });

let gone = false;
function go(text) {
  if (gone) return;
  gone = true;
  told.textContent = `${viewer.dataset.found} ${text}`;
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(60);
  field.value = text;
  codeForm.requestSubmit();
}

const canvas = document.createElement("canvas");
const pen = canvas.getContext("2d", { willReadFrequently: true });

async function codeOn(picture, width, height) {
  const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const pixels = pen.getImageData(0, 0, canvas.width, canvas.height);
  const found = await ZXingWASM.readBarcodes(pixels, { tryHarder: true, tryInvert: false, maxNumberOfSymbols: 1 });
  return found.find((one) => one.isValid && one.text)?.text;
}

async function watch() {
  const video = document.getElementById("camera");
  told.textContent = viewer.dataset.starting;
  let stream;
  try {
    const wanted = { facingMode: "environment", width: { ideal: 1280 }, height: { ideal: 720 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch {
    told.textContent = viewer.dataset.denied;
    return;
  }
  video.srcObject = stream;
  viewer.hidden = false;
  await video.play();
  told.textContent = viewer.dataset.looking;
  addEventListener("pagehide", () => stream.getTracks().forEach((track) => track.stop()));
  const look = async () => {
    if (gone) return stream.getTracks().forEach((track) => track.stop());
    const text = !document.hidden && video.videoWidth ? await codeOn(video, video.videoWidth, video.videoHeight) : undefined;
    const refused = text && text === viewer.dataset.refused; // what is wrong with it stands above: asked again it would only flicker
    if (text && !refused) return go(text);
    if (text || told.textContent !== viewer.dataset.another) told.textContent = refused ? viewer.dataset.another : viewer.dataset.looking;
    setTimeout(look, LOOK_MS);
  };
  look();
}

photo.addEventListener("change", async () => {
  if (!photo.files.length) return;
  told.textContent = viewer.dataset.starting;
  try {
    const picture = await createImageBitmap(photo.files[0]);
    const text = await codeOn(picture, picture.width, picture.height);
    if (text) return go(text);
  } catch {
    // no picture that this browser can show: the hub may know better
    return document.getElementById("photo-form").requestSubmit();
  }
  told.textContent = viewer.dataset.none;
});

// A scanner on USB types: its code goes into the field wherever the cursor stands.
document.addEventListener("keydown", (event) => {
  const elsewhere = !document.activeElement?.matches("input, textarea, select");
  if (elsewhere && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey && event.key !== " ") field.select();
});
field.select(); // what is typed next takes the place of a code that was refused

// Browsers give a camera to pages of https and of this machine alone; elsewhere the photo does.
if (navigator.mediaDevices?.getUserMedia) watch();
else document.body.classList.add("no-camera");
