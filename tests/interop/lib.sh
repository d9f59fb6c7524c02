# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034
# What the two-VM test does its checks with: KTAP, two VMs that answer questions, and
# checks that are planned one by one and done at the same time. To be sourced, in the
# checkout's top folder.

out=target/interop
rm -rf "$out"
mkdir -p "$out"/{rust,c}
results=$out/results
: >"$results"

# --- KTAP ---------------------------------------------------------------------

count=0 failures=0
# verdict ok|fail NAME [TEXT]
verdict() {
	local word=ok
	count=$((count + 1))
	[ "$1" = ok ] || { word="not ok" && failures=$((failures + 1)); }
	echo "$word $count $2"
	[ "$1" = ok ] || [ -z "${3:-}" ] || head -n 20 <<<"$3" | sed 's/^/# /'
	printf 'interop\t%s\t%s\n' "${2%% # *}" "$1" >>"$results"
}

# --- The VMs ------------------------------------------------------------------

declare -A asked=([rust]=0 [c]=0) pid=()

# boot SIDE on|off MODULE: starts a VM; one of the two is the server of the wire.
boot() {
	DRIVER=$1 setsid scripts/vm run --smp 1 --mem 512 --timeout 1200 --out "$out/$1" --module "$3" \
		--net "stream,addr.type=unix,addr.path=$out/wire,server=$2" -- \
		env "DRIVER=$1" /repo/tests/interop/agent >"$out/$1.log" 2>&1 &
	pid[$1]=$!
}

shutdown() {
	local side
	for side in "${!pid[@]}"; do
		kill -- "-${pid[$side]}" 2>/dev/null || true
	done
}
trap shutdown EXIT

# ask SIDE COMMANDS: leaves a question, and does not wait.
ask() {
	asked[$1]=$((asked[$1] + 1))
	echo "$2" >"$out/$1/new"
	mv "$out/$1/new" "$out/$1/ask.${asked[$1]}"
}

# answer SIDE: waits for the last question's answer; prints it, returns its status.
answer() {
	local n=${asked[$1]} waited=0
	until [ -e "$out/$1/status.$n" ]; do
		kill -0 "${pid[$1]}" 2>/dev/null || { echo "the VM $1 has ended" && return 1; }
		sleep 0.05
		waited=$((waited + 1))
		[ "$waited" -lt 12000 ] || { echo "the VM $1 does not answer" && return 1; }
	done
	cat "$out/$1/answer.$n"
	return "$(cat "$out/$1/status.$n")"
}

# What is going to be checked: names, and commands that must succeed there.
declare -A planned=([rust]=0 [c]=0) commands=([rust]="" [c]="")
declare -A names=() rows=() texts=()

# plan SIDE NAME COMMANDS: a check of the next `perform`; one without a name is
# told of only if it fails.
plan() {
	planned[$1]=$((planned[$1] + 1))
	names[$1 ${planned[$1]}]=$2
	rows[$1 ${planned[$1]}]=
	commands[$1]+="(
$3
) >/tmp/job.${planned[$1]} 2>&1 & jobs+=(\$!)
"
}

# differs SIDE ROW TEXT NAME COMMANDS: the same of what the C driver gets wrong, by a
# row of the list of differences: the commands must fail, and say TEXT.
differs() {
	plan "$1" "$4" "$5"
	rows[$1 ${planned[$1]}]=$2
	texts[$1 ${planned[$1]}]=$3
}

# judge NAME ROW TEXT STATUS OUTPUT: the verdict of one check.
judge() {
	local name=$1 row=$2 text=$3 status=$4 output=$5
	if [ -z "$row" ]; then
		if [ "$status" != 0 ]; then
			verdict fail "${name:-sending}" "$output"
		elif [ -n "$name" ]; then
			verdict ok "$name"
		fi
	elif [ "$status" = 0 ]; then
		verdict fail "$name" "the C driver gets it right, against the known difference: $row"
	elif [[ $output == *"$text"* ]]; then
		verdict ok "$name # XFAIL $row"
	else
		verdict fail "$name" "$output"
	fi
}

# perform: does all that was planned at the same time, in both VMs.
perform() {
	local side i output
	for side in rust c; do
		ask $side "${commands[$side]}
i=0
for job in \${jobs[@]}; do
	i=\$((i + 1))
	wait \$job
	echo \$? >>/tmp/job.\$i
	mv /tmp/job.\$i /out/job.\$i
done"
	done
	for side in rust c; do
		output=$(answer $side) || verdict fail "the commands in the VM of DRIVER=$side" "$output"
		for ((i = 1; i <= planned[$side]; i++)); do
			output=$(cat "$out/$side/job.$i" 2>/dev/null) || output="there is no answer"
			rm -f "$out/$side/job.$i"
			judge "${names[$side $i]}" "${rows[$side $i]}" "${texts[$side $i]:-}" "${output##*$'\n'}" "$output"
		done
		planned[$side]=0 commands[$side]=
	done
}
