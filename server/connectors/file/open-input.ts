import { constants, type Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { checkAllowed } from '#server/connectors/file/allowed-path.ts'
import { ConnectError } from '#server/contract/errors.ts'
import type { Logger } from '#server/contract/logger.ts'

/** A file that is read from front to back while others append to it, cut it off or put another in its place. */
export interface Input extends AsyncDisposable {
  /** Reads at `position`; 0 when there is nothing, or no file. After `restart` was called it answers 0, too. */
  read(target: Buffer, position: number): Promise<number>
}

export interface InputEvents {
  /** The name was opened: what was watched before may be another file. */
  opened(): void
  /** The file was cut off, or another stands in its place: it is read again from its beginning. */
  restart(): void
}

/** What two files must have in common before a position for one to be taken as the same text. */
const comparedBytes = 4096

export function openInput(file: string, logger: Logger, events: InputEvents): Input {
  let handle: FileHandle | undefined
  let missing = false

  async function tryOpen(): Promise<FileHandle | undefined> {
    let opened: FileHandle | undefined
    try {
      checkAllowed(file, process.env)
      // Without O_NONBLOCK a named pipe would hold the call until somebody writes to it.
      opened = await open(file, constants.O_RDONLY | constants.O_NONBLOCK)
      refuseSpecial(file, await opened.stat())
      missing = false
      events.opened()
      return opened
    } catch (error) {
      await opened?.close()
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'ENOTDIR') throw error
      if (!missing)
        logger.warn(`Couldn't find file ${file} for FileStreamSourceTask, sleeping to wait for it to be created`)
      missing = true
      return undefined
    }
  }

  async function close() {
    const closing = handle
    handle = undefined
    await closing?.close()
  }

  function restart(reason: string): 0 {
    logger.warn(`The file ${file} ${reason}: it is read again from its beginning.`)
    events.restart()
    return 0
  }

  /** Goes over to the file that has the name by now; answers whether it tells something else before `position`. */
  async function followName(old: FileHandle, position: number): Promise<boolean> {
    const next = await tryOpen()
    // A name without a file is left alone: the writer may be about to put one there.
    if (!next) return false
    handle = next
    try {
      return !(await sameBefore(position, old, next))
    } finally {
      await old.close()
    }
  }

  return {
    async read(target, position) {
      handle ??= await tryOpen()
      if (!handle) return 0
      const { bytesRead } = await handle.read(target, 0, target.length, position)
      if (bytesRead > 0) return bytesRead
      if (await isReplaced(file, handle)) {
        // What was appended before the other file took its place.
        const last = await handle.read(target, 0, target.length, position)
        if (last.bytesRead > 0) return last.bytesRead
        if (await followName(handle, position)) return restart('was replaced by another')
      }
      const { size } = await handle.stat()
      if (size < position) return restart(`has ${size} bytes, but ${position} were read`)
      return size > position ? (await handle.read(target, 0, target.length, position)).bytesRead : 0
    },
    [Symbol.asyncDispose]: close,
  }
}

function refuseSpecial(file: string, stats: Stats) {
  if (stats.isDirectory()) throw Object.assign(new Error(`${file} is a directory`), { code: 'EISDIR' })
  if (!stats.isFile()) {
    throw new ConnectError('START_FAILED', `${file} is a pipe or a device, which cannot be read again after a restart.`)
  }
}

async function isReplaced(file: string, open: FileHandle): Promise<boolean> {
  const [mine, named] = await Promise.all([open.stat(), stat(file).catch(() => undefined)])
  return named !== undefined && (named.ino !== mine.ino || named.dev !== mine.dev)
}

/** An editor saves by writing the whole text to another file and giving it the name: that is still the same text. */
async function sameBefore(position: number, one: FileHandle, other: FileHandle): Promise<boolean> {
  const length = Math.min(comparedBytes, position)
  const [a, b] = [Buffer.alloc(length), Buffer.alloc(length)]
  const [inOne, inOther] = await Promise.all([
    one.read(a, 0, length, position - length),
    other.read(b, 0, length, position - length),
  ])
  return inOne.bytesRead === inOther.bytesRead && a.equals(b)
}
