'use client'
import { Monitor, Moon, Sun } from 'lucide-react'
import { preferences, setPreference, usePreference } from '#components/frame/preferences.ts'
import { Button } from '#components/ui/button.tsx'

const icons = { system: Monitor, light: Sun, dark: Moon }

/** Steps through system, light and dark. */
export function ThemeButton() {
  const theme = usePreference('theme')
  const { values } = preferences.theme
  const next = values[(values.indexOf(theme) + 1) % values.length] ?? 'system'
  const Icon = icons[theme]
  return (
    <Button
      tone="ghost"
      size="icon"
      aria-label={`Theme: ${theme}. Change to ${next}`}
      title={`Theme: ${theme}`}
      onClick={() => setPreference('theme', next)}
    >
      <Icon aria-hidden="true" />
    </Button>
  )
}
