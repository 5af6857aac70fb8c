/** Two letters for a name: of two words, or the first two of one. */
export function initials(name) {
  const words = String(name ?? "").trim().split(/[\s_.-]+/).filter(Boolean);
  const letters = words.length > 1 ? words[0][0] + words[1][0] : (words[0] ?? "?").slice(0, 2);
  return letters.toUpperCase();
}

/** The same tint for the same name, everywhere. */
export function tint(name) {
  let hash = 7;
  for (const letter of String(name ?? "")) hash = (hash * 31 + letter.codePointAt(0)) >>> 0;
  return `t${hash % 5}`;
}
