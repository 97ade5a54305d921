import {
  accessSync,
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { type Clock, systemClock } from '#server/contract/clock.ts'
import { ConnectError, messageOf } from '#server/contract/errors.ts'

/** A killed process holds its lock until the system has cleared it away. */
const dyingWithinMs = 2_000
const lookEveryMs = 50

/**
 * Creates the folder when it is missing and takes it for this process. The lock is a file with a process id and, where
 * the system tells, that process's start time: a lock whose process is gone (after `kill -9` or a power cut) is taken
 * over, also when its id was given to another process since. A holder is given two seconds to be gone.
 *
 * @throws ConnectError DATA_FOLDER_UNUSABLE, DATA_FOLDER_IN_USE
 */
export async function takeDataFolder(
  folder: string,
  lockName = 'sluice.lock',
  clock: Clock = systemClock,
): Promise<Disposable> {
  makeDataFolder(folder)
  const file = join(folder, lockName)
  const mine = `${process.pid} ${startTime(process.pid) ?? ''}`
  const deadline = clock.monotonic() + dyingWithinMs
  while (!tryWrite(file, mine)) {
    const lock = readLock(file)
    if (lock && lock.holder === undefined) {
      removeStale(file, lock.text)
      continue
    }
    if (clock.monotonic() >= deadline) {
      const user = lock ? `in use by process ${lock.holder}` : 'being taken by another process just now'
      throw new ConnectError('DATA_FOLDER_IN_USE', `The data folder ${folder} is ${user}.`)
    }
    await clock.sleep(lookEveryMs)
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) }
}

/**
 * Creates the folder when it is missing.
 *
 * @throws ConnectError DATA_FOLDER_UNUSABLE when it cannot be made or written to
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolder(resolve(folder))
    accessSync(folder, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new ConnectError('DATA_FOLDER_UNUSABLE', `The data folder ${folder} cannot be used: ${messageOf(cause)}.`, {
      cause,
    })
  }
}

/** Node's own `recursive` never comes back where a folder exists in which none can be made, as in /proc. */
function makeFolder(folder: string) {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  const parent = dirname(folder)
  if (parent !== folder) makeFolder(parent)
  try {
    mkdirSync(folder)
  } catch (error) {
    // Another process may have been faster.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error
  }
}

function tryWrite(file: string, text: string): boolean {
  try {
    const handle = openSync(file, 'wx')
    writeSync(handle, text)
    closeSync(handle)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw new ConnectError('DATA_FOLDER_UNUSABLE', `The lock ${file} cannot be written: ${messageOf(error)}.`, {
      cause: error,
    })
  }
}

/** What the lock says and who holds it, if that process is alive; undefined when it was released meanwhile. */
function readLock(file: string): { text: string; holder: number | undefined } | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const [pid = '', started = ''] = text.split(' ')
  const id = Number(pid)
  if (!Number.isInteger(id) || id <= 0 || !isAlive(id)) return { text, holder: undefined }
  return { text, holder: started !== '' && startTime(id) !== started ? undefined : id }
}

/**
 * Two processes may find the same stale lock. Moving it aside is atomic; whoever moved another one than it judged (the
 * fresh lock of the faster process) puts it back.
 */
function removeStale(file: string, judged: string) {
  const aside = `${file}.${process.pid}`
  try {
    renameSync(file, aside)
  } catch {
    return // the other process was faster
  }
  if (readFileSync(aside, 'utf8') === judged) rmSync(aside, { force: true })
  else renameSync(aside, file)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Clock ticks since boot at which the process started; Linux only. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the command in parentheses and may hold blanks: count from behind it. 22nd field overall.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  } catch {
    return undefined
  }
}
