using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Local;

/// <summary>One opening of a <see cref="LocalBlobFolder"/>. A failed fsync of a directory stops the space, as one of its log does.</summary>
internal sealed class LocalBlobStore(SpaceLife life, Func<string, AppendFile> open) : IBlobStore
{
    private readonly LocalBlobFolder _folder = life.Blobs;

    public ValueTask<bool> CreateAsync(string name, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        new(Run(name, path => Put(name, bytes.Span) || Holds(path, bytes.Span), cancellationToken));

    public ValueTask<IBlobUpload> BeginAsync(string name, CancellationToken cancellationToken) =>
        new(Run(name, _ => new LocalBlobUpload(life, name, _folder.Begin(open)), cancellationToken));

    public ValueTask<byte[]?> ReadAsync(string name, int maxBytes, CancellationToken cancellationToken) => new(Run(
        name,
        path =>
        {
            using var reader = LocalBlobReader.Open(path);
            return reader is null ? null : ReadAll(reader, name, maxBytes);
        },
        cancellationToken));

    public ValueTask<IBlobReader?> OpenAsync(string name, CancellationToken cancellationToken) =>
        new(Run(name, LocalBlobReader.Open, cancellationToken));

    public ValueTask<IReadOnlyList<BlobName>> ListAsync(string prefix, CancellationToken cancellationToken)
    {
        BlobName.RequirePrefix(prefix);
        return new(RunAt(_folder.PathOf(prefix), _ => _folder.List(prefix), cancellationToken));
    }

    public ValueTask<bool> DeleteAsync(string name, CancellationToken cancellationToken) =>
        new(Run(name, _ => _folder.Delete(name), cancellationToken));

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static byte[] ReadAll(LocalBlobReader reader, string name, int maxBytes)
    {
        if (reader.LengthBytes > maxBytes)
        {
            throw BlobFailure.TooLong(name, reader.LengthBytes, maxBytes);
        }

        var bytes = new byte[reader.LengthBytes];
        reader.Read(0, bytes);
        return bytes;
    }

    private static bool Holds(string path, ReadOnlySpan<byte> bytes)
    {
        using var reader = LocalBlobReader.Open(path);
        return reader?.LengthBytes == bytes.Length && ReadAll(reader, path, bytes.Length).AsSpan().SequenceEqual(bytes);
    }

    private bool Put(string name, ReadOnlySpan<byte> bytes)
    {
        using var file = _folder.Begin(open);
        file.Write(bytes);
        return _folder.TryPlace(file, name);
    }

    private T Run<T>(string name, Func<string, T> action, CancellationToken cancellationToken)
    {
        BlobName.Require(name);
        return RunAt(_folder.PathOf(name), action, cancellationToken);
    }

    private T RunAt<T>(string path, Func<string, T> action, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        life.RequireTrusted();
        return life.Guard(path, () =>
        {
            _folder.Prepare();
            return action(path);
        });
    }
}
