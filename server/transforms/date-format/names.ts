/** The names of `SimpleDateFormat` in English, which Sluice writes and reads whatever the machine's language is. */
export const eras = { short: ['BC', 'AD'], long: ['Before Christ', 'Anno Domini'] }
export const halves = ['AM', 'PM']
export const months = {
  short: ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
  long: [
    'January',
    'February',
    'March',
    'April',
    'May',
    'June',
    'July',
    'August',
    'September',
    'October',
    'November',
    'December',
  ],
}
/** From Sunday on, with which weeks begin. */
export const weekdays = {
  short: ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'],
  long: ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'],
}
/** Time zones that are read by name, in minutes before UTC: those whose names mean one zone, of the many that Java knows. */
export const zones: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  'Coordinated Universal Time': 0,
  'Greenwich Mean Time': 0,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  HST: -600,
  CET: 60,
  CEST: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  JST: 540,
}
