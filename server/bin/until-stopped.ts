/**
 * Resolves when this process is asked to end: by SIGTERM, by the end of the supervisor that started it, or by Ctrl-C. A
 * terminal sends Ctrl-C to every process at once; under a supervisor it is the supervisor's to act on, so that parts stop
 * in their order.
 */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    const supervised = process.send !== undefined
    process.on('SIGTERM', () => resolve())
    process.on('SIGHUP', () => resolve())
    process.on('SIGINT', () => {
      if (!supervised) resolve()
    })
    if (supervised) process.once('disconnect', () => resolve())
  })
}
