/** A secret that is another text in every encoding, and that nothing else contains. */
export const canary = (name: string): string => `${name}/ü"+${crypto.randomUUID()}`

/** Which of these secrets a text holds, as they are or encoded. */
export const leaks = (text: string, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => formsOf(secret).some((form) => text.includes(form)))

function formsOf(secret: string): string[] {
  const inner = (shift: number, encoding: 'base64' | 'base64url') =>
    Buffer.from('x'.repeat(shift) + secret)
      .toString(encoding)
      .slice(shift === 0 ? 0 : 4, -4)
  const based = [0, 1, 2].flatMap((shift) => [inner(shift, 'base64'), inner(shift, 'base64url')])
  // What is the same in every spelling tells a secret that was cut or escaped in some other way.
  return [secret, encodeURIComponent(secret), secret.slice(secret.indexOf('+') + 1), ...based]
}
