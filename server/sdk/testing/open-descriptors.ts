import { readdirSync } from 'node:fs'

/** Files, sockets and watches that this process holds; 0 where the system does not tell. */
export function openDescriptors(): number {
  return process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
}
