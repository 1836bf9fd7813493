#!/bin/sh
# Turns this mount namespace into a machine of its own for one test: /etc, /run, /home, /var/lib, /var/log, /tmp,
# /dev, /usr/bin and the directory of PAM's modules are copies, with rw2fa installed as its Debian package does it. The
# machine outside does not change.
#
#   namespace.sh VERIFIER TOOL [MODULE]
#
# MODULE is pam_rw2fa.so.
set -eu
base=/mnt verifier=$1 tool=$2 module=${3-}
umask 022
mount -t tmpfs -o mode=755 rw2fa-test "$base"
mkdir "$base/etc" "$base/security" "$base/programs" "$base/pts"

# What the test brings is copied before anything is hidden.
cp "$verifier" "$base/rw2fa-verify"
cp "$tool" "$base/rw2fa"
[ -z "$module" ] || cp "$module" "$base/security/pam_rw2fa.so"

cp -a /etc/. "$base/etc/"
mount --bind "$base/etc" /etc
for directory in /run /home /var/lib /var/log /tmp; do
  mount -t tmpfs -o mode=755 rw2fa-test "$directory"
done
chmod 1777 /tmp
mkdir -m 755 /run/sshd /run/sudo /run/xrdp /run/lock
chmod 1777 /run/lock

# A system log of its own, /dev/log.
mkdir "$base/dev"
for device in null zero full random urandom tty; do
  touch "$base/dev/$device"
  mount --bind "/dev/$device" "$base/dev/$device"
done
mkdir "$base/dev/pts" "$base/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 rw2fa-test "$base/dev/pts"
mount -t tmpfs -o mode=1777 rw2fa-test "$base/dev/shm"
ln -s pts/ptmx "$base/dev/ptmx"
ln -s /proc/self/fd "$base/dev/fd"
mount --rbind "$base/dev" /dev

# The modules of PAM, and ours.
for modules in /usr/lib/*/security; do
  if [ -e "$modules/pam_unix.so" ]; then
    cp -a "$modules/." "$base/security/"
    mount --bind "$base/security" "$modules"
  fi
done

# Every program of the machine, and ours.
mount --bind /usr/bin "$base/programs"
mount -t tmpfs -o mode=755 rw2fa-test /usr/bin
PATH=$base/programs:$PATH
ln -s "$base"/programs/* /usr/bin/
PATH=/usr/sbin:/usr/bin:/sbin:/bin
rm -f /usr/bin/rw2fa /usr/bin/rw2fa-verify
mv "$base/rw2fa" /usr/bin/rw2fa
mv "$base/rw2fa-verify" /usr/bin/rw2fa-verify

# Accounts whose password is "wonderland". A machine may have accounts of these names.
# shellcheck disable=SC2016 # the text of a hash
hash='$5$rw2fatest$F5AYQSI96gHz9iEBg56j38OwX6LpCimObwq5Aod1CjD'
id=60100
for name in alice bob carol rw2fa rw2fa-portal; do
  sed -i "/^$name:/d" /etc/passwd /etc/shadow /etc/group
  echo "$name:x:$id:$id::/home/$name:/bin/sh" >>/etc/passwd
  echo "$name:$hash:19000::::::" >>/etc/shadow
  echo "$name:x:$id:" >>/etc/group
  mkdir "/home/$name"
  chown "$id:$id" "/home/$name"
  id=$((id + 1))
done

socat -u UNIX-RECVFROM:/dev/log,fork,mode=666 OPEN:/var/log/syslog,creat,append &
tries=0
until [ -S /dev/log ] || [ "$tries" -ge 600 ]; do
  sleep 0.1
  tries=$((tries + 1))
done

echo ready
# Until the test ends, in whatever way: its end of the pipe closes.
exec cat >/dev/null
