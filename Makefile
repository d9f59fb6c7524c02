# SPDX-License-Identifier: GPL-2.0
# The door: every verb is one line of scripts/. `make help` lists them.

# KDIR names another kernel tree to build against, KFLAGS words for its make.
export KDIR KFLAGS INSTALL_MOD_PATH

MAKEFLAGS += --no-print-directory

all: ## build gtp.ko (KDIR=TREE for a kernel of your own)
	@scripts/module build

gtpctl: ## build the command-line client, target/cargo/release/gtpctl
	@scripts/in-root cargo build --release --bin gtpctl

install: all ## install gtp.ko into updates/ of its kernel (INSTALL_MOD_PATH=DIR)
	@scripts/module install

demo: ## boot Debian's kernel in a VM and send phones' traffic through the driver
	@tests/demo/demo

demo-5g: ## the same with two gNBs, a UPF and 100 PDU sessions: QoS flows, handover
	@tests/demo/demo-5g

test: ## all checks and tests (T="NAME..." for some of the selftests)
	@scripts/test $(T)

test-debug: ## the tests on a kernel that checks itself, and rough ones (T="NAME..." for some)
	@scripts/test-debug $(T)

fuzz: ## fuzz the driver in a VM, and its codec (MINUTES=10)
	@scripts/fuzz $(or $(MINUTES),10)

bench: ## measure speed and scale beside the C driver (B="tcp udp" for some tables, README=1)
	@tests/bench/bench $(B)

profile: ## where the instructions of a datagram go, by function (P="c 1372" for the C driver's)
	@tests/bench/profile $(P)

vm: ## a shell in the VM, with both drivers at hand
	@env -u KDIR scripts/module build
	@scripts/in-root cargo build --release --bins
	@scripts/vm shell

clippy: ## clippy over module and host crate, warnings are errors
	@scripts/module clippy
	@scripts/in-root cargo clippy --release --all-targets -- -D warnings

fmt: ## format all Rust
	@scripts/check fmt --fix

fmt-check: ## fail where Rust is not formatted
	@scripts/check fmt

checkpatch: ## the kernel's checkpatch over helpers.c and the headers
	@scripts/check checkpatch

doc: ## documentation of the module and of the host crate
	@scripts/module doc
	@scripts/in-root env RUSTDOCFLAGS='-Dwarnings -Arustdoc::private_intra_doc_links' cargo doc --release --no-deps --document-private-items

analyzer: ## write rust-project.json for rust-analyzer
	@scripts/module analyzer

kernel: ## ask the archive for a newer kernel and prepare its tree
	@scripts/kernel --refresh

clean: ## remove what was built; the cache with root and kernel stays
	rm -rf target rust-project.json

help: ## this list
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

.PHONY: all gtpctl install demo demo-5g test test-debug fuzz bench profile vm clippy fmt fmt-check checkpatch doc analyzer kernel clean help
