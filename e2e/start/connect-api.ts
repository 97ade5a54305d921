/** The Kafka Connect REST API as a script calls it. */
export function connectApi(base: string) {
  async function call(method: string, path: string, body?: unknown) {
    const response = await fetch(base + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  return {
    call,
    put: (name: string, config: Record<string, string>) => call('PUT', `/connectors/${name}/config`, config),
    /** The workers of the running tasks, or undefined while something does not run. */
    async running(name: string): Promise<string[] | undefined> {
      const { status, body } = await call('GET', `/connectors/${name}/status`)
      if (status !== 200 || body.connector.state !== 'RUNNING' || body.tasks.length === 0) return undefined
      const tasks: { state: string; worker_id: string }[] = body.tasks
      return tasks.every((task) => task.state === 'RUNNING') ? tasks.map((task) => task.worker_id) : undefined
    },
  }
}
