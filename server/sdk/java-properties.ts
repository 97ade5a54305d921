/** A Java properties file: `=`, `:` or blank separates, `#` and `!` comment, a trailing backslash continues the line. */
export function parseProperties(text: string): [key: string, value: string][] {
  const lines = text.split(/\r\n|\r|\n/)
  const entries: [string, string][] = []
  for (let index = 0; index < lines.length; index++) {
    let line = (lines[index] ?? '').trimStart()
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(line) && index + 1 < lines.length) {
      index += 1
      line = line.slice(0, -1) + (lines[index] ?? '').trimStart()
    }
    const key = /^(?:\\.|[^\\=:\s])*/.exec(line)?.[0] ?? ''
    const value = line.slice(key.length).replace(/^\s*[=:]?\s*/, '')
    entries.push([unescapeProperty(key), unescapeProperty(value)])
  }
  return entries
}

const unescapeProperty = (text: string) =>
  text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (_, escaped: string) => {
    if (escaped.length === 5) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    return { t: '\t', n: '\n', r: '\r', f: '\f' }[escaped] ?? escaped
  })
