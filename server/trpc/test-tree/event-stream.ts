import superjson from 'superjson'

export interface StreamEvent<Data> {
  id: string
  data: Data
}

export interface EventStream<Data> extends AsyncDisposable {
  next(): Promise<StreamEvent<Data>>
}

/** Opens a subscription as a browser does: an event stream, continued behind `lastEventId` when it was broken. */
export async function openStream<Data>(
  url: string,
  procedure: string,
  input: Record<string, unknown>,
  lastEventId?: string,
): Promise<EventStream<Data>> {
  const query = new URLSearchParams({ input: JSON.stringify(superjson.serialize(input)) })
  const leaving = new AbortController()
  const response = await fetch(`${url}/api/trpc/${procedure}?${query}`, {
    headers: { accept: 'text/event-stream', ...(lastEventId !== undefined && { 'last-event-id': lastEventId }) },
    signal: leaving.signal,
  })
  if (!response.ok || !response.body) throw new Error(`${response.status} ${await response.text()}`)
  const texts = response.body.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]()
  let rest = ''

  async function block(): Promise<string> {
    for (;;) {
      const end = rest.indexOf('\n\n')
      if (end >= 0) {
        const found = rest.slice(0, end)
        rest = rest.slice(end + 2)
        return found
      }
      const { value, done } = await texts.next()
      if (done) throw new Error(`the stream ended: ${rest}`)
      rest += value
    }
  }

  return {
    async next() {
      for (;;) {
        const fields = new Map(
          (await block()).split('\n').map((line) => {
            const [name = '', ...text] = line.split(': ')
            return [name, text.join(': ')] as const
          }),
        )
        const id = fields.get('id')
        const event = fields.get('event') ?? 'message'
        if (event === 'serialized-error') throw new Error(fields.get('data'))
        if (id !== undefined && event === 'message') {
          return { id, data: superjson.deserialize(JSON.parse(fields.get('data') ?? '')) }
        }
      }
    },
    async [Symbol.asyncDispose]() {
      leaving.abort()
    },
  }
}
