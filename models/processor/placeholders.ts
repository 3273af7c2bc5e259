/** How many placeholders the rendered text has. */
export function placeholderCount(text: string, placeholder: string): number {
  return text.split(placeholder).length - 1;
}

/** The text with its placeholders replaced, the first by the first replacement. There must be as many as placeholders. */
export function fillPlaceholders(text: string, placeholder: string, replacements: string[]): string {
  const pieces = text.split(placeholder);
  if (pieces.length !== replacements.length + 1) {
    throw new Error(`${pieces.length - 1} placeholders for ${replacements.length} pictures`);
  }
  return pieces.reduce((filled, piece, i) => filled + replacements[i - 1]! + piece);
}
