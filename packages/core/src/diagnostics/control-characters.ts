/** Characters that move a terminal's cursor or turn its text around; what a device tells is an attacker's text. */
const controlCharacters = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** The text in its lines, each of which a terminal only prints. */
export function escapeLines(text: string): string {
  return text.split('\n').map(escapeControls).join('\n');
}

/** The text as one line that a terminal only prints; the escapes are those of JSON. */
export function escapeControls(text: string): string {
  return text.replace(controlCharacters, (character) =>
    character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
