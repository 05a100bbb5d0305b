using System.Buffers;
using Cairn.Primitives;
using Cairn.Simulation.Scheduling;
using Cairn.Storage;

namespace Cairn.Simulation.Stores;

/// <inheritdoc cref="GatedSpaceStore"/>
internal sealed class GatedBlobStore(SpaceLife life, SimulatedProcess process) : IBlobStore
{
    public ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        var copy = bytes.ToArray();
        return process.CallAsync(CallKind.Repeatable, $"blob.create {name}", () => life.CreateBlob(name, copy));
    }

    public ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken) =>
        process.CallAsync<IBlobUpload>(CallKind.Sure, $"blob.begin {name}", () => new Upload(life, process, name));

    public ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken) => process.CallAsync(
        CallKind.Read,
        $"blob.read {name}",
        () => life.Blobs.Find(name) is { } bytes && bytes.Length > maxBytes ? throw BlobFailure.TooLong(name, bytes.Length, maxBytes) : life.Blobs.Find(name)?.ToArray());

    public ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) => process.CallAsync<IBlobReader?>(
        CallKind.Read, $"blob.open {name}", () => life.Blobs.Find(name) is { } bytes ? new Reader(name, bytes, process) : null);

    public ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken) =>
        process.CallAsync<IReadOnlyList<BlobName>>(CallKind.Read, $"blob.list {prefix}", () => life.Blobs.List(prefix));

    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        process.CallAsync(CallKind.Repeatable, $"blob.delete {name}", () => life.DeleteBlob(name));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private sealed class Upload(SpaceLife life, SimulatedProcess process, string name) : IBlobUpload
    {
        private readonly ArrayBufferWriter<byte> _bytes = new();

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
        {
            var copy = bytes.ToArray();
            await process.CallAsync(CallKind.Sure, $"blob.write {name} {copy.Length}", () => Write(copy));
        }

        public async ValueTask CommitAsync(CancellationToken cancellationToken) => await process.CallAsync(
            CallKind.Repeatable, $"blob.commit {name}", () => life.CreateBlob(name, _bytes.WrittenSpan.ToArray()) ? true : throw BlobFailure.Taken(name));

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private bool Write(byte[] bytes)
        {
            _bytes.Write(bytes);
            return true;
        }
    }

    /// <summary>Reads on the caller's thread, as from a local disk: only the disk can fail it.</summary>
    private sealed class Reader(string name, byte[] bytes, SimulatedProcess process) : IBlobReader
    {
        public long LengthBytes => bytes.Length;

        public void Read(long offset, Span<byte> destination)
        {
            process.RequireDisk(name);
            if (offset < 0 || offset > bytes.Length - destination.Length)
            {
                throw BlobFailure.Short(name, bytes.Length, offset, destination.Length);
            }

            bytes.AsSpan((int)offset, destination.Length).CopyTo(destination);
        }

        public void Dispose()
        {
        }
    }
}
