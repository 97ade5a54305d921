/** A trace cut into what a person reads first and what stays folded. */
export interface ReadableTrace {
  /** The first line: what the runtime says happened. */
  headline: string
  /** The message of the deepest cause, when there is one: usually the real reason. */
  cause: string | undefined
  /** What lies between the two, from the cause outwards: usually what was being done. */
  between: string[]
}

const className = /^(?:Caused by: )?(?:[\w$]+\.)*[\w$]*(?:Error|Exception|Throwable)(?: \[[\w-]+\])?: /

/** Works on the traces of the JVM and of Node alike: both chain causes with "Caused by:". */
export function readTrace(trace: string): ReadableTrace {
  const lines = trace.split('\n').map((line) => line.trim())
  const headline = strip(lines.find((line) => line !== '') ?? 'No trace was reported.')
  const causes = lines.flatMap((line) => (line.startsWith('Caused by: ') ? strip(line.replace('Caused by: ', '')) : []))
  const deepest = causes.pop()
  const cause = deepest === headline ? undefined : deepest
  // Wrapping often repeats the words of what is wrapped.
  const between = new Set(
    causes.toReversed().filter((each) => !headline.includes(each) && !each.includes(cause ?? each)),
  )
  return { headline, cause, between: [...between] }
}

/** The class in front of a message helps whoever searches for it; the eye wants the message. */
function strip(line: string): string {
  const message = line.replace(className, '')
  return message === '' ? line : message.replace(/[:\s]+$/, '')
}
