/** The names of a list as configs write it, split by commas; empty ones are none. */
export const namesIn = (text: string | null | undefined): string[] =>
  (text ?? '').split(',').flatMap((each) => each.trim() || [])
