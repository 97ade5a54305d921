import { open } from 'node:fs/promises'

/** Settings are small; what is larger is some other file. */
const mostBytes = 1024 * 1024

/** The text of a plain file. Rejects for anything else: a pipe or a device might never end. */
export async function readSmallFile(path: string): Promise<string> {
  const file = await open(path, 'r')
  try {
    const stat = await file.stat()
    if (!stat.isFile()) throw new Error('it is not a file')
    if (stat.size > mostBytes) throw new Error(`it is larger than ${mostBytes} bytes`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}
