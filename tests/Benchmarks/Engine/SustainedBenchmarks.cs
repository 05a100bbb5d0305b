using BenchmarkDotNet.Attributes;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Stores;
using Cairn.Benchmarks.Workload;
using Cairn.Primitives;
using Cairn.Reconciliation;
using Cairn.Storage;

namespace Cairn.Benchmarks.Engine;

/// <summary>
/// The whole way of a write, from a client's objects to what readers see: encode, append, apply, publish. Each run begins with an empty space
/// and writes 100,000 concepts with label, text and four attributes, then 299,991 associations with a weight.
/// </summary>
public class SustainedBenchmarks : IDisposable
{
    private const int Operations = 399_991;
    private const double Must = 1e6;
    private const double Aim = 2e6;
    private const string OneThread = "commits of 1,000, groups of 10";
    private const string TwoThreads = "burst door, commits of 1,000; client and writer each have a thread";
    private readonly Dataset _data = EngineFixture.Instance.Data;
    private ScratchFolder? _folder;
    private OneThreadWriter? _writer;
    private OpenSpace? _open;

    [IterationSetup(Target = nameof(OneThreadInMemory))]
    public void BeginOneThreadInMemory() => _writer = OneThreadWriter.Create(new MemorySpaceStore());

    [Benchmark(OperationsPerInvoke = Operations)]
    [Figure("sustained writes, one thread, memory store", Unit.PerSecond, Must = Must, Aim = Aim, Note = OneThread)]
    public long OneThreadInMemory() => _writer!.Write(_data);

    [IterationSetup(Target = nameof(OneThreadOnDisk))]
    public void BeginOneThreadOnDisk() => _writer = OneThreadWriter.Create(NewLocalStore());

    [Benchmark(OperationsPerInvoke = Operations)]
    [Figure("sustained writes, one thread, local disk", Unit.PerSecond, Must = Must, Aim = Aim, Note = OneThread + ", each with fsync", OtherThreads = true)]
    public long OneThreadOnDisk() => _writer!.Write(_data);

    [IterationSetup(Targets = [nameof(SpaceInMemory), nameof(SpaceInMemorySingly)])]
    public void BeginSpaceInMemory() => Open(new MemorySpaceStore());

    [Benchmark(OperationsPerInvoke = Operations)]
    [Figure("sustained writes, space, memory store", Unit.PerSecond, Must = Must, Aim = Aim, Note = TwoThreads, OtherThreads = true)]
    public LogPosition SpaceInMemory() => Ingest(1_000);

    [Benchmark(OperationsPerInvoke = Operations)]
    [Figure("sustained writes, space, memory store, commits of one", Unit.PerSecond, Note = "burst door", OtherThreads = true)]
    public LogPosition SpaceInMemorySingly() => Ingest(1);

    [IterationSetup(Target = nameof(SpaceOnDisk))]
    public void BeginSpaceOnDisk() => Open(NewLocalStore());

    [Benchmark(OperationsPerInvoke = Operations)]
    [Figure("sustained writes, space, local disk", Unit.PerSecond, Must = Must, Aim = Aim, Note = TwoThreads, OtherThreads = true)]
    public LogPosition SpaceOnDisk() => Ingest(1_000);

    [IterationCleanup]
    public void End()
    {
        _writer?.Dispose();
        _open?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _folder?.Dispose();
        (_writer, _open, _folder) = (null, null, null);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        GC.SuppressFinalize(this);
    }

    private LogPosition Ingest(int operationsPerCommit) => _open!.IngestAsync(_data, ConceptParts.All, operationsPerCommit).GetAwaiter().GetResult();

    private void Open(ISpaceStore store) => _open = OpenSpace.CreateAsync(store, EngineOptions.Default).GetAwaiter().GetResult();

    private ISpaceStore NewLocalStore()
    {
        _folder = new();
        return _folder.OpenStore();
    }
}
