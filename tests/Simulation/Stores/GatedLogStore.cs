using Cairn.Simulation.Scheduling;
using Cairn.Storage;

namespace Cairn.Simulation.Stores;

/// <inheritdoc cref="GatedSpaceStore"/>
internal sealed class GatedLogStore(SpaceLife life, StoreLimits limits, SimulatedProcess process) : ILogStore
{
    // Where another process may write too, a lost answer leaves it open who created or deleted a file.
    private readonly CallKind _change = limits.IsSoleWriter ? CallKind.Sure : CallKind.Repeatable;

    public int MaxAppendsPerFile => limits.MaxAppendsPerFile;

    public long MaxFileBytes => limits.MaxFileBytes;

    public bool IsSoleWriter => limits.IsSoleWriter;

    public TimeSpan ClockLead => limits.IsSoleWriter ? TimeSpan.Zero : process.Time.Off;

    public ValueTask<IReadOnlyList<int>> ListFilesAsync(CancellationToken cancellationToken) =>
        process.CallAsync<IReadOnlyList<int>>(CallKind.Read, "log.list", life.Log.List);

    public ValueTask<bool> CreateFileAsync(int file, ReadOnlyMemory<byte> header, CancellationToken cancellationToken) =>
        process.CallAsync(_change, $"log.create {file}", () => life.CreateFile(file, header.Span));

    public ValueTask<long> AppendAsync(int file, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        // The caller may use its bytes for other things once the process is dead or the answer is given.
        var copy = bytes.ToArray();
        return process.CallAsync(
            CallKind.Append,
            $"log.append {file} {copy.Length}",
            () => life.Append(file, copy),
            limits.IsSoleWriter ? part => life.Append(file, copy.AsSpan(0, (int)(copy.Length * part))) : null);
    }

    public ValueTask<int> ReadAsync(int file, long offset, Memory<byte> buffer, CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Read, $"log.read {file} {offset}", () => life.Log.Read(file, offset, buffer.Span));

    public ValueTask<long> GetLengthAsync(int file, CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Read, $"log.length {file}", () => life.Log.Length(file));

    public ValueTask<bool> TryCutAsync(int file, long offset, CancellationToken cancellationToken) => limits.IsSoleWriter
        ? process.CallAsync(CallKind.Sure, $"log.cut {file} {offset}", () => life.Cut(file, offset))
        : new(false);

    public ValueTask<bool> DeleteFileAsync(int file, CancellationToken cancellationToken) =>
        process.CallAsync(_change, $"log.delete {file}", () => life.DeleteFile(file));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
