using Cairn.Infra.Local;
using Cairn.Storage;

namespace Cairn.Benchmarks.Stores;

/// <summary>A new folder for a local store, deleted at the end. On the disk of CAIRN_BENCHMARK_DATA, else of the system's temporary folder.</summary>
internal sealed class ScratchFolder : IDisposable
{
    public ScratchFolder()
    {
        Path = System.IO.Path.Combine(Root, "cairn-benchmark-" + System.IO.Path.GetRandomFileName());
        Directory.CreateDirectory(Path);
    }

    public string Path { get; }

    private static string Root => Environment.GetEnvironmentVariable("CAIRN_BENCHMARK_DATA") is { Length: > 0 } chosen ? chosen : System.IO.Path.GetTempPath();

    /// <summary>A store in the folder.</summary>
    public ISpaceStore OpenStore() => LocalSpaceStore.Open(System.IO.Path.Combine(Path, "data"));

    /// <inheritdoc/>
    public void Dispose() => Directory.Delete(Path, recursive: true);
}
