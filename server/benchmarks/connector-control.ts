/** Creates a connector on a worker and waits, asking closely, until it and its tasks run. Returns both times in ms. */
export async function createAndWait(
  workerUrl: string,
  name: string,
  config: Record<string, string>,
): Promise<{ answeredMs: number; runningMs: number }> {
  const begin = performance.now()
  await putConfig(workerUrl, name, config)
  const answeredMs = performance.now() - begin
  await until(() => isRunning(workerUrl, name), 1, 30_000)
  return { answeredMs, runningMs: performance.now() - begin }
}

/** Creates a connector, or changes it; throws what the worker says against it. */
export async function putConfig(workerUrl: string, name: string, config: Record<string, string>): Promise<void> {
  const response = await sendConfig(workerUrl, name, config)
  if (!response.ok) throw new Error(`creating ${name}: ${response.status} ${await response.text()}`)
}

export const sendConfig = (workerUrl: string, name: string, config: Record<string, string>): Promise<Response> =>
  fetch(`${workerUrl}/connectors/${name}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(config),
  })

export async function deleteAndWait(workerUrl: string, name: string): Promise<number> {
  const begin = performance.now()
  await fetch(`${workerUrl}/connectors/${name}`, { method: 'DELETE' })
  await until(async () => (await fetch(`${workerUrl}/connectors/${name}/status`)).status === 404, 1, 30_000)
  return performance.now() - begin
}

async function isRunning(workerUrl: string, name: string): Promise<boolean> {
  const response = await fetch(`${workerUrl}/connectors/${name}/status`)
  if (!response.ok) return false
  const status = (await response.json()) as { connector: { state: string }; tasks: { state: string }[] }
  return (
    status.connector.state === 'RUNNING' &&
    status.tasks.length > 0 &&
    status.tasks.every((task) => task.state === 'RUNNING')
  )
}

/** Asks every `everyMs` until the answer is yes. */
export async function until(ask: () => Promise<boolean>, everyMs: number, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs
  while (!(await ask())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits))
