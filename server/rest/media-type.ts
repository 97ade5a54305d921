import { EVENT_STREAM } from '#server/rest/event-stream.ts'

const JSON_TYPE = 'application/json'

const typeOf = (value: string): string => (value.split(';')[0] ?? '').trim().toLowerCase()

/** Whether a body may be read as JSON: a body has to say so, and what says something else is refused even without one. */
export function sendsJson(contentType: string | null, hasBody: boolean): boolean {
  if (contentType === null || contentType === '') return !hasBody
  return typeOf(contentType) === JSON_TYPE
}

/** Whether an Accept header leaves room for JSON, or for server-sent events. */
export const acceptsJson = (accept: string | null): boolean => accepts(accept, JSON_TYPE, 'application/*')
export const acceptsEvents = (accept: string | null): boolean => accepts(accept, EVENT_STREAM, 'text/*')

function accepts(accept: string | null, ...types: string[]): boolean {
  if (accept === null || accept.trim() === '') return true
  return accept.split(',').some((part) => {
    const refused = /;\s*q=0(\.0*)?\s*$/.test(part)
    return !refused && [...types, '*/*', '*'].includes(typeOf(part))
  })
}
