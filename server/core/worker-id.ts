/** `http://10.0.0.5:8083/` → `10.0.0.5:8083`, as statuses name a worker. */
export const workerIdOf = (url: string): string => {
  const parsed = URL.parse(url)
  if (!parsed) return url
  const port = parsed.port || (parsed.protocol === 'https:' ? '443' : '80')
  return `${parsed.hostname}:${port}`
}
