/** The digits of every script as 0 to 9: Java reads them all alike. */
export const asciiDigits = (text: string): string =>
  text.replace(/\p{Nd}/gu, (digit) => {
    const code = digit.codePointAt(0) ?? 0
    if (code < 0x80) return digit
    let value = 0
    // The ten digits of a script lie side by side, zero first.
    while (value < 9 && /\p{Nd}/u.test(String.fromCodePoint(code - value - 1))) value += 1
    return `${value}`
  })
