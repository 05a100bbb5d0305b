using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>
/// Files that wait to be imported, as blobs <c>{space}/{name}</c> of a container of their own, which is created when it is first needed. A blob is there when it
/// is whole, and its version is its ETag. Safe to use from many threads and by many processes.
/// </summary>
public sealed class AzureImportFiles : IImportFiles
{
    // Of a body without end no more than two pieces are in memory.
    private static readonly BlobUploadOptions Pieces = new() { TransferOptions = new() { InitialTransferSize = PieceBytes, MaximumTransferSize = PieceBytes, MaximumConcurrency = 1 } };

    private const int PieceBytes = 4 * 1024 * 1024;

    private readonly AzureContainer _container;
    private readonly ContainerConnection _connection;

    private AzureImportFiles(AzureContainer container, TimeProvider time) => (_container, _connection) = (container, new(container, time));

    /// <summary>Names the container, and asks nothing of it yet.</summary>
    /// <exception cref="CairnException">Invalid: the options are wrong; the message says which.</exception>
    public static AzureImportFiles Open(AzureStorageOptions options, TimeProvider time) => new(new(options, time, null), time);

    /// <inheritdoc/>
    public async ValueTask<ImportFile> WriteAsync(SpaceName space, string name, Stream content, CancellationToken cancellationToken)
    {
        RecordKey.Require(name);
        var path = PathOf(space, name);
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        await AzureFailure.GuardAsync(
            _container.Describe(path), () => ClientOf(path).UploadAsync(content, Pieces, cancellationToken), cancellationToken).ConfigureAwait(false);
        return await FindAsync(space, name, cancellationToken).ConfigureAwait(false)
            ?? throw AzureFailure.Unavailable($"{_container.Describe(path)} is gone again");
    }

    /// <inheritdoc/>
    public async ValueTask<ImportFile?> FindAsync(SpaceName space, string name, CancellationToken cancellationToken)
    {
        // A name from outside may be a way to somewhere else: an address goes it, through other spaces and out of the container.
        if (name.Split('/').Any(static part => part is "." or ".."))
        {
            return null;
        }

        var path = PathOf(space, name);
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        return await AzureFailure.GuardAsync(_container.Describe(path), FindOnceAsync, cancellationToken).ConfigureAwait(false);

        async Task<ImportFile?> FindOnceAsync()
        {
            try
            {
                var found = (await ClientOf(path).GetPropertiesAsync(cancellationToken: cancellationToken).ConfigureAwait(false)).Value;
                return new(space, name, VersionOf(found.ETag), found.ContentLength, found.LastModified);
            }
            catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure))
            {
                return null;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<ImportFile>> ListAsync(CancellationToken cancellationToken)
    {
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        return await AzureFailure.GuardAsync(_container.Retrying.Name, () => ListOnceAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<int> ReadAsync(ImportFile file, long offset, Memory<byte> destination, CancellationToken cancellationToken)
    {
        var path = PathOf(file.Space, file.Name);
        var length = (int)Math.Min(destination.Length, file.LengthBytes - offset);
        return length <= 0 ? 0 : await AzureFailure.GuardAsync(_container.Describe(path), ReadOnceAsync, cancellationToken).ConfigureAwait(false);

        async Task<int> ReadOnceAsync()
        {
            try
            {
                var options = new BlobDownloadOptions { Range = new(offset, length), Conditions = new() { IfMatch = TagOf(file.Version) } };
                using var answer = (await ClientOf(path).DownloadStreamingAsync(options, cancellationToken).ConfigureAwait(false)).Value;
                await answer.Content.ReadExactlyAsync(destination[..length], cancellationToken).ConfigureAwait(false);
                return length;
            }
            catch (RequestFailedException failure) when (AzureFailure.IsAbsent(failure) || AzureFailure.IsCondition(failure))
            {
                throw new CairnException(ErrorKind.Conflict, $"{_container.Describe(path)} is gone or was changed while it was read", failure);
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync(ImportFile file, CancellationToken cancellationToken)
    {
        var path = PathOf(file.Space, file.Name);
        await AzureFailure.GuardAsync(_container.Describe(path), DeleteOnceAsync, cancellationToken).ConfigureAwait(false);

        async Task<bool> DeleteOnceAsync()
        {
            try
            {
                return await ClientOf(path).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, new() { IfMatch = TagOf(file.Version) }, cancellationToken).ConfigureAwait(false);
            }
            catch (RequestFailedException failure) when (AzureFailure.IsCondition(failure))
            {
                return false;
            }
        }
    }

    private async Task<IReadOnlyList<ImportFile>> ListOnceAsync(CancellationToken cancellationToken)
    {
        var files = new List<ImportFile>();
        await foreach (var blob in _container.Retrying.GetBlobsAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            var slash = blob.Name.IndexOf('/', StringComparison.Ordinal);
            if (slash > 0 && slash < blob.Name.Length - 1 && SpaceName.TryParse(blob.Name[..slash], out var space) && blob.Properties is { ETag: { } tag, LastModified: { } at })
            {
                files.Add(new(space, blob.Name[(slash + 1)..], VersionOf(tag), blob.Properties.ContentLength ?? 0, at));
            }

            if (files.Count == IImportFiles.MaxListed)
            {
                break;
            }
        }

        return files;
    }

    private BlobClient ClientOf(string path) => _container.Retrying.GetBlobClient(path);

    private static string PathOf(SpaceName space, string name) => $"{space}/{name}";

    // Without quotes: an event names it so, too.
    private static VersionTag VersionOf(ETag tag) => new(tag.ToString("G").Trim('"'));

    private static ETag TagOf(VersionTag version) => new($"\"{version.Text}\"");
}
