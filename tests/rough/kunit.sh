#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The KUnit suites in the module, which only a kernel with CONFIG_KUNIT has compiled:
# each is run by way of debugfs, and each of its cases is a test here. Their names
# begin with gtp_.

# shellcheck source-path=SCRIPTDIR source=../selftests/lib.sh
. "${0%/*}/../selftests/lib.sh"

kunit=/sys/kernel/debug/kunit
[ "$DRIVER" = rust ] || skip_all "the C driver has no suites"
[ -d "$kunit" ] || skip_all "the kernel was built without CONFIG_KUNIT"

suites=0
for suite in "$kunit"/gtp_*; do
	[ -w "$suite/run" ] || continue
	suites=$((suites + 1))
	name=${suite##*/}
	cases=0
	echo 1 >"$suite/run"
	while IFS= read -r line; do
		# Cases are indented once, and what is behind their parameters twice.
		if [[ $line =~ ^\ {4}ok\ [0-9]+\ (.*)\ #\ SKIP\ ?(.*) ]]; then
			ktap_skip "$name: ${BASH_REMATCH[1]}" "${BASH_REMATCH[2]}"
		elif [[ $line =~ ^\ {4}(ok|not\ ok)\ [0-9]+\ ([a-z0-9_]+) ]]; then
			if [ "${BASH_REMATCH[1]}" = ok ]; then
				ktap_pass "$name: ${BASH_REMATCH[2]}"
			else
				ktap_fail "$name: ${BASH_REMATCH[2]}"
			fi
		else
			[[ ! $line =~ \#.*(FAILED|Expected|\ ==) ]] || diag "$line"
			continue
		fi
		cases=$((cases + 1))
	done <"$suite/results"
	[ "$cases" -gt 0 ] || ktap_fail "$name has cases"
done
[ "$suites" -gt 0 ] || ktap_fail "the module has suites"
finish
