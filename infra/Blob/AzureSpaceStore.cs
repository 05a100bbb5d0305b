using System.Collections.Concurrent;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs.Models;
using Cairn.Primitives;
using Cairn.Storage;

namespace Cairn.Infra.Blob;

/// <summary>Spaces in a container of Azure Blob Storage. Safe to use from many threads and by many processes at once.</summary>
/// <remarks>
/// <c>{space}/current</c> names the life of a space, <c>{space}/{incarnation}/log/{n}.log</c> are its log files and
/// <c>{space}/{incarnation}/{name}</c> its blobs. <c>.deleted/{space}/{incarnation}</c> notes a deletion that is under way. See ADR 0016.
/// </remarks>
public sealed class AzureSpaceStore : ISpaceStore
{
    private const int MaxParallelRequests = 16;

    // A dot: no space has this name.
    private const string Notes = ".deleted/";

    private readonly AzureContainer _container;
    private readonly SpacePointers _pointers;
    private readonly ContainerConnection _connection;
    private readonly BlobCache _cache;

    private AzureSpaceStore(AzureStorageOptions options, TimeProvider time, HttpPipelineTransport? transport)
    {
        _container = new(options, time, transport);
        _pointers = new(_container);
        _connection = new(_container, time);
        _cache = new(options.CacheFolder, options.CacheLimitBytes, time);
    }

    /// <summary>The address of the container.</summary>
    public Uri Address => _container.Retrying.Uri;

    /// <summary>Why the service does not answer right now, or gives no access; null: the last request got its answer, or there was none yet.</summary>
    public string? Failure => _container.Requests.Failure;

    /// <summary>This machine's clock beside the service's.</summary>
    public ServerClock Clock => _container.Clock;

    /// <summary>Names the container, and asks nothing of it yet: the first use creates it if it is missing.</summary>
    /// <exception cref="CairnException">Invalid: the options are wrong; the message says which.</exception>
    public static AzureSpaceStore Open(AzureStorageOptions options, TimeProvider time) => new(options, time, null);

    /// <summary>Connects to the container and creates it if it is missing.</summary>
    /// <exception cref="CairnException">Invalid: the options are wrong; the message says which. Unavailable: no answer, or no access.</exception>
    public static Task<AzureSpaceStore> OpenAsync(AzureStorageOptions options, TimeProvider time, CancellationToken cancellationToken) =>
        OpenAsync(options, time, null, cancellationToken);

    /// <summary>Asks the service whether it is there, and creates the container if it is missing.</summary>
    /// <exception cref="CairnException">Unavailable: no answer, or no access.</exception>
    public async Task ConnectAsync(CancellationToken cancellationToken)
    {
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        if (Failure is not null)
        {
            await AzureFailure.GuardAsync(
                _container.Retrying.Name, () => _container.Retrying.GetPropertiesAsync(cancellationToken: cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Deletes what is left of spaces whose deletion was interrupted; to be called from time to time.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> FinishDeletionsAsync(CancellationToken cancellationToken)
    {
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        var finished = 0;
        foreach (var note in await ListAsync(Notes, cancellationToken).ConfigureAwait(false))
        {
            // While the pointer stands the deletion has not begun; it may never.
            if (ReadNote(note) is { } space && (await FindAsync(space.Name, cancellationToken).ConfigureAwait(false))?.Incarnation != space.Incarnation)
            {
                await DeleteBytesAsync(space, cancellationToken).ConfigureAwait(false);
                finished++;
            }
        }

        return finished;
    }

    /// <inheritdoc/>
    public async ValueTask<SpaceRecord?> FindAsync(SpaceName name, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        return (await _pointers.FindAsync(name, cancellationToken).ConfigureAwait(false))?.Space;
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<SpaceRecord>> ListAsync(CancellationToken cancellationToken)
    {
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        var names = await AzureFailure.GuardAsync(_container.Retrying.Name, () => ListNamesAsync(cancellationToken), cancellationToken).ConfigureAwait(false);
        var spaces = new ConcurrentBag<SpaceRecord>();
        await Parallel.ForEachAsync(names, Parallelism(cancellationToken), async (name, token) =>
        {
            if (await FindAsync(name, token).ConfigureAwait(false) is { } space)
            {
                spaces.Add(space);
            }
        }).ConfigureAwait(false);
        return [.. spaces.OrderBy(space => space.Name.ToString(), StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public async ValueTask<(SpaceRecord Record, bool Created)> CreateAsync(SpaceRecord wanted, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await _connection.RequireAsync(cancellationToken).ConfigureAwait(false);
        return await _pointers.CreateAsync(wanted, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync(SpaceRecord space, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var there = await _pointers.FindAsync(space.Name, cancellationToken).ConfigureAwait(false);
        if (there?.Space.Incarnation != space.Incarnation)
        {
            return false;
        }

        // The note comes first, so that a crash at any later moment leaves no litter that nobody knows of.
        var note = NoteOf(space);
        await AzureFailure.GuardAsync(
            _container.Describe(note),
            () => _container.Retrying.GetBlobClient(note).UploadAsync(BinaryData.FromBytes(Array.Empty<byte>()), overwrite: true, cancellationToken),
            cancellationToken).ConfigureAwait(false);
        if (!await _pointers.DeleteAsync(space, there.Value.Tag, cancellationToken).ConfigureAwait(false))
        {
            return false;
        }

        await DeleteBytesAsync(space, cancellationToken).ConfigureAwait(false);
        return true;
    }

    /// <inheritdoc/>
    public ILogStore OpenLog(SpaceRecord space) => new AzureLogStore(LifeOf(space));

    /// <inheritdoc/>
    public IBlobStore OpenBlobs(SpaceRecord space) => new AzureBlobStore(LifeOf(space), _cache);

    /// <summary>Nothing is held.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal static async Task<AzureSpaceStore> OpenAsync(
        AzureStorageOptions options, TimeProvider time, HttpPipelineTransport? transport, CancellationToken cancellationToken)
    {
        var store = new AzureSpaceStore(options, time, transport);
        await store.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return store;
    }

    private static ParallelOptions Parallelism(CancellationToken cancellationToken) =>
        new() { MaxDegreeOfParallelism = MaxParallelRequests, CancellationToken = cancellationToken };

    private static string NoteOf(SpaceRecord space) => $"{Notes}{space.Name}/{space.Incarnation}";

    private static SpaceRecord? ReadNote(string path)
    {
        var parts = path[Notes.Length..].Split('/');
        return parts.Length == 2 && SpaceName.TryParse(parts[0], out var name) && Incarnation.TryParse(parts[1], out var incarnation)
            ? new(name, incarnation, default)
            : null;
    }

    private AzureLife LifeOf(SpaceRecord space) => new(_container, _pointers, space);

    private async Task<List<SpaceName>> ListNamesAsync(CancellationToken cancellationToken)
    {
        var names = new List<SpaceName>();
        await foreach (var item in _container.Retrying.GetBlobsByHierarchyAsync(delimiter: "/", cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (item.IsPrefix && SpaceName.TryParse(item.Prefix[..^1], out var name))
            {
                names.Add(name);
            }
        }

        return names;
    }

    private async Task<List<string>> ListAsync(string prefix, CancellationToken cancellationToken) => await AzureFailure.GuardAsync(
        _container.Describe(prefix),
        async () =>
        {
            var paths = new List<string>();
            await foreach (var blob in _container.Retrying.GetBlobsAsync(prefix: prefix, cancellationToken: cancellationToken).ConfigureAwait(false))
            {
                paths.Add(blob.Name);
            }

            return paths;
        },
        cancellationToken).ConfigureAwait(false);

    private async Task DeleteBytesAsync(SpaceRecord space, CancellationToken cancellationToken)
    {
        var paths = await ListAsync(LifeOf(space).Prefix, cancellationToken).ConfigureAwait(false);
        await Parallel.ForEachAsync(paths, Parallelism(cancellationToken), async (path, token) => await DeleteAsync(path, token).ConfigureAwait(false))
            .ConfigureAwait(false);
        await DeleteAsync(NoteOf(space), cancellationToken).ConfigureAwait(false);
    }

    private ValueTask<bool> DeleteAsync(string path, CancellationToken cancellationToken) => AzureFailure.GuardAsync(
        _container.Describe(path),
        async () => (await _container.Retrying.GetBlobClient(path)
            .DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, null, cancellationToken).ConfigureAwait(false)).Value,
        cancellationToken);
}
