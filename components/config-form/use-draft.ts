'use client'
import { useCallback, useState } from 'react'
import { parseConfigText, printConfig } from '#components/config-form/config-text.ts'
import type { ConnectorConfig } from '#server/contract/connector.ts'

/** One truth for form and text: the config map. While the text does not parse, the map keeps its last good state and the form is locked. */
export interface Draft {
  config: ConnectorConfig
  /** The text as typed; equal to the printed config unless somebody is typing. */
  text: string
  textError: string | null
  /** Has the person been at this field, or asked to see everything that is wrong? */
  touched(key: string): boolean
  set(key: string, value: string | null): void
  remove(key: string): void
  /** Several keys at once. */
  update(change: (config: ConnectorConfig) => ConnectorConfig): void
  touch(key: string): void
  touchAll(): void
  setText(text: string): void
}

export function useDraft(initial: ConnectorConfig): Draft {
  const [config, setConfig] = useState(initial)
  const [typed, setTyped] = useState<{ text: string; error: string | null } | null>(null)
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set())

  const set = useCallback((key: string, value: string | null) => {
    setTyped(null)
    setConfig((now) => ({ ...now, [key]: value }))
  }, [])
  const remove = useCallback((key: string) => {
    setTyped(null)
    setConfig((now) => Object.fromEntries(Object.entries(now).filter(([name]) => name !== key)))
  }, [])
  const update = useCallback((change: (config: ConnectorConfig) => ConnectorConfig) => {
    setTyped(null)
    setConfig(change)
  }, [])
  const touch = useCallback((key: string) => {
    setTouched((now) => (now.has(key) ? now : new Set([...now, key])))
  }, [])
  const setText = useCallback((text: string) => {
    const parsed = parseConfigText(text)
    setTyped({ text, error: parsed.ok ? null : parsed.message })
    if (parsed.ok) setConfig(parsed.config)
  }, [])
  const [all, setAll] = useState(false)

  return {
    config,
    text: typed?.text ?? printConfig(config),
    textError: typed?.error ?? null,
    touched: (key) => all || touched.has(key),
    set,
    remove,
    update,
    touch,
    touchAll: () => setAll(true),
    setText,
  }
}
