/** Files on their way to Home Assistant. */

import type { Context } from "../context";

// Pixels of the longer side: enough for a face, and less than a terminal takes.
const LONGEST = 960;
const QUALITY = 0.85;

/** Sends a file as Home Assistant's own forms do, and returns what it is called there. */
export async function upload({ hass, t }: Context, file: Blob, name = "face.jpg"): Promise<string> {
  const body = new FormData();
  body.append("file", file, name);
  try {
    const response = await hass().fetchWithAuth("/api/file_upload", { method: "POST", body });
    if (response.ok) return ((await response.json()) as { file_id: string }).file_id;
  } catch {
    // It did not get there: as if it was refused.
  }
  throw new Error(t("import.not_sent"));
}

/** Has Home Assistant delete a file that was sent, and that nobody will ask for. */
export async function discard({ hass }: Context, file_id: string): Promise<void> {
  await hass().fetchWithAuth("/api/file_upload", { method: "DELETE", body: JSON.stringify({ file_id }) });
}

/** A picture as a JPEG that a terminal takes, without what a phone writes into it; none of what is no picture. */
export async function jpegOf(file: Blob): Promise<Blob | null> {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = picture.width * scale;
    canvas.height = picture.height * scale;
    canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  } catch {
    return null;
  }
}
