// An older processor for what is started with it: the instruction CPUID says nothing of AVX-512, AMX and AVX-VNNI.
//
//     cc -O1 -shared -fPIC -o older.so older_processor.c
//     LD_PRELOAD=./older.so python ...                     # AVX2 and FMA, as AMD's Zen 1 to 3 and Intel up to 2017
//     OLDER_KEEP_VNNI=1 LD_PRELOAD=./older.so python ...   # with AVX-VNNI, as Intel's processors without AVX-512
//
// Libraries choose their code by CPUID, whatever their names for it: torch, oneDNN, MKL, OpenVINO, ONNX Runtime. Linux
// lets a thread have that instruction fault (arch_prctl, ARCH_SET_CPUID; x86-64 with `cpuid_fault` in /proc/cpuinfo);
// the handler of the fault asks the processor and leaves out what an older one would not have. Threads and forks
// inherit it, programs that are started anew load this again. What speed such a processor has otherwise is not shown.
#define _GNU_SOURCE
#include <cpuid.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define ARCH_SET_CPUID 0x1012
// Leaf 7: AVX-512 F, DQ, IFMA, PF, ER, CD, BW, VL; VBMI, VBMI2, VNNI, BITALG, VPOPCNTDQ; 4VNNIW, 4FMAPS, VP2INTERSECT,
// AMX-BF16, FP16, AMX-TILE, AMX-INT8.
#define LEAF7_EBX (1u << 16 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | 1u << 28 | 1u << 30 | 1u << 31)
#define LEAF7_ECX (1u << 1 | 1u << 6 | 1u << 11 | 1u << 12 | 1u << 14)
#define LEAF7_EDX (1u << 2 | 1u << 3 | 1u << 8 | 1u << 22 | 1u << 23 | 1u << 24 | 1u << 25)
// Leaf 7, 1: AVX-VNNI, AVX512-BF16, AMX-FP16, AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX, AVX-VNNI-INT16.
#define LEAF7_1_EAX (1u << 5 | 1u << 21 | 1u << 23)
#define LEAF7_1_EDX (1u << 4 | 1u << 5 | 1u << 8 | 1u << 10 | 1u << 19)
#define VNNI (1u << 4)

static int keep_vnni;

static void answer(int number, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
    const unsigned char *code = (const unsigned char *)registers[REG_RIP];
    if (code[0] != 0x0f || code[1] != 0xa2) { // another fault: the usual end
        signal(SIGSEGV, SIG_DFL);
        return;
    }
    unsigned leaf = registers[REG_RAX], below = registers[REG_RCX], a, b, c, d;
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 1);
    __cpuid_count(leaf, below, a, b, c, d);
    syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0);
    if (leaf == 7 && below == 0)
        b &= ~LEAF7_EBX, c &= ~LEAF7_ECX, d &= ~LEAF7_EDX;
    if (leaf == 7 && below == 1)
        a &= ~(LEAF7_1_EAX | (keep_vnni ? 0 : VNNI)), d &= ~LEAF7_1_EDX;
    if (leaf == 0x1d || leaf == 0x1e || leaf == 0x24) // tiles, AVX10
        a = b = c = d = 0;
    registers[REG_RAX] = a, registers[REG_RBX] = b, registers[REG_RCX] = c, registers[REG_RDX] = d;
    registers[REG_RIP] += 2;
}

__attribute__((constructor)) static void begin(void)
{
    struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK};
    keep_vnni = getenv("OLDER_KEEP_VNNI") != NULL;
    sigaction(SIGSEGV, &action, NULL);
    if (syscall(SYS_arch_prctl, ARCH_SET_CPUID, 0) != 0) {
        fputs("This processor or system lets nobody say what CPUID answers.\n", stderr);
        _exit(3);
    }
}
