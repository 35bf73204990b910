/** LIKE's own characters, taken literally: 100% of a customer's text is text. Backslash is LIKE's default escape. */
export function escapeLike(text: string): string {
  return text.replace(/[\\%_]/g, (character) => `\\${character}`);
}
