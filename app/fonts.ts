import localFont from 'next/font/local'

/*
 * The letters that nearly every page is made of, asked for with the page itself: tables do not change their columns when a
 * font arrives behind them. Other scripts come from tokens.ts when a page has them.
 */
const inter = localFont({
  src: '../node_modules/@fontsource-variable/inter/files/inter-latin-wght-normal.woff2',
  weight: '100 900',
  variable: '--inter',
})

const jetBrainsMono = localFont({
  src: '../node_modules/@fontsource-variable/jetbrains-mono/files/jetbrains-mono-latin-wght-normal.woff2',
  weight: '100 800',
  variable: '--jetbrains-mono',
  adjustFontFallback: false,
})

/** For the root element, whose font they are. */
export const fontVariables = `${inter.variable} ${jetBrainsMono.variable}`
