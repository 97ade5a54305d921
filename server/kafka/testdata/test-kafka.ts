export interface TestKafka extends AsyncDisposable {
  bootstrapServers: string
}

export async function startTestKafka(): Promise<TestKafka> {
  return { bootstrapServers: process.env['BOOTSTRAP_SERVERS'] ?? '127.0.0.1:21190', async [Symbol.asyncDispose]() {} }
}
