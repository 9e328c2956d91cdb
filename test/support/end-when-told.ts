const DIRECTORY = '/www'

/** Asking for it ends a service of `endWhenTold`. */
export const END = '/cgi-bin/end'

/** A shell script that serves what the tiny image has, and goes on with `last` once somebody asked for `END`. */
export const endWhenTold = (last: string): string =>
  [
    `cd ${DIRECTORY}; /bin/busybox mkdir cgi-bin`,
    'printf "#!/bin/busybox sh\\n/bin/busybox touch /end\\necho\\necho\\n" >cgi-bin/end',
    `/bin/busybox chmod +x cgi-bin/end; /bin/busybox httpd -p 8000 -h ${DIRECTORY}`,
    `while [ ! -e /end ]; do /bin/busybox usleep 20000; done; ${last}`,
  ].join('; ')
