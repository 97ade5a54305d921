import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A worker as Apache Kafka's answers: what lies under /sluice/v1 does not exist, and no error carries a code of ours. */
export async function startJvmFront(workerUrl: string): Promise<{ url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    void (async () => {
      if (request.url?.startsWith('/sluice/')) {
        response.writeHead(404, { 'content-type': 'application/json' })
        response.end('{"error_code":404,"message":"HTTP 404 Not Found"}')
        return
      }
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      const answer = await fetch(`${workerUrl}${request.url}`, {
        method: request.method ?? 'GET',
        headers: { 'content-type': 'application/json' },
        ...(body.length > 0 && { body }),
      })
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(await answer.text())
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
