/** Java's `String.trim`, which Kafka applies to names and settings: everything up to the space goes, nothing beyond ASCII. */
export const javaTrim = (text: string): string => {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) <= 0x20) start++
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--
  return text.slice(start, end)
}
