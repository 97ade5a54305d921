/** Cuts a byte stream into frames: a size of four bytes, then as many bytes. */
export interface Frames {
  push(chunk: Buffer): void
}

/**
 * Calls `onFrame` with each whole frame, without its size. I12: nothing is allocated for a frame above `maxBytes`;
 * `onTooLarge` is called with what the peer claimed, and the rest of the stream is meaningless.
 */
export function createFrames(
  maxBytes: number,
  onFrame: (frame: Buffer) => void,
  onTooLarge: (size: number) => void,
): Frames {
  let rest: Buffer | undefined
  let frame: Buffer | undefined
  let filled = 0

  /** Takes what the chunk has of the open frame; returns the position behind it. */
  function fill(target: Buffer, chunk: Buffer): number {
    const taken = chunk.copy(target, filled, 0, target.length - filled)
    filled += taken
    if (filled === target.length) {
      frame = undefined
      onFrame(target)
    }
    return taken
  }

  return {
    push(chunk) {
      let at = frame ? fill(frame, chunk) : 0
      let bytes = chunk
      if (rest) {
        bytes = Buffer.concat([rest, chunk])
        rest = undefined
      }
      while (at < bytes.length) {
        if (at + 4 > bytes.length) {
          rest = Buffer.from(bytes.subarray(at))
          return
        }
        const size = bytes.readInt32BE(at)
        if (size < 0 || size > maxBytes) return onTooLarge(size)
        at += 4
        if (at + size <= bytes.length) {
          onFrame(bytes.subarray(at, at + size))
          at += size
        } else {
          frame = Buffer.allocUnsafeSlow(size)
          filled = bytes.copy(frame, 0, at)
          return
        }
      }
    },
  }
}
