/** A loop's bell: whoever waits on `next` goes on at the first `wake`, also one that came just before. */
export interface WakeUp {
  wake(): void
  next(): Promise<void>
}

export function createWakeUp(): WakeUp {
  let rung = false
  let go: (() => void) | undefined
  return {
    wake() {
      rung = true
      go?.()
    },
    async next() {
      if (!rung) {
        await new Promise<void>((resolve) => {
          go = resolve
        })
      }
      rung = false
      go = undefined
    },
  }
}
