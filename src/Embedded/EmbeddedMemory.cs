using System.Buffers.Binary;
using System.Security.Cryptography;
using Cairn.Infra.Local;
using Cairn.Primitives;
using Cairn.Reconciliation;

namespace Cairn.Embedded;

/// <summary>
/// A folder of memory spaces inside this program: no server, no HTTP. One process at a time may have the folder open; it is the
/// same folder that the service keeps, so either can go on where the other stopped. Thread-safe.
/// </summary>
/// <example><code>
/// await using var memory = EmbeddedMemory.Open("./data", EmbeddedOptions.Default);
/// var notes = await memory.OpenSpaceAsync("notes", cancellationToken);
/// await notes.CommitAsync(notes.NewCommit().Put(new Concept { Id = "ada", Content = "Wrote the first program." }), cancellationToken);
/// var ada = notes.Read().Find("ada");
/// </code></example>
public sealed class EmbeddedMemory : IAsyncDisposable
{
    private readonly SpaceCatalog _catalog;

    private EmbeddedMemory(string folder, SpaceCatalog catalog) => (Folder, _catalog) = (folder, catalog);

    /// <summary>Where everything is kept; an absolute path.</summary>
    public string Folder { get; }

    /// <summary>Opens a folder, which is made if it is missing.</summary>
    /// <param name="folder">Absolute, or relative to the working directory.</param>
    /// <param name="options">For all of its spaces.</param>
    /// <exception cref="CairnException">Conflict: it is open already; the message names the holder's process id and address. Unavailable: no access.</exception>
    public static EmbeddedMemory Open(string folder, EmbeddedOptions options)
    {
        var store = LocalSpaceStore.Open(folder);
        if (options.Address is { } address)
        {
            store.SetAddress(address);
        }

        return new(Path.GetFullPath(folder), new(store, options.Engine, name => new(options.Time, NewId, options.ObserverOf(name))));
    }

    /// <summary>Opens a space, which is created if it is missing. Its log is replayed the first time.</summary>
    /// <param name="name">3 to 63 lowercase letters, digits and <c>-</c>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="CairnException">Invalid: the name. Corrupt: the log is damaged; file and offset are named. Unavailable: disk full, or no access.</exception>
    public async ValueTask<EmbeddedSpace> OpenSpaceAsync(string name, CancellationToken cancellationToken)
    {
        var (space, _) = await _catalog.CreateAsync(SpaceName.Parse(name), cancellationToken).ConfigureAwait(false);
        return new(space);
    }

    /// <summary>Opens a space if there is one of that name; null: there is none.</summary>
    /// <exception cref="CairnException">As <see cref="OpenSpaceAsync"/>.</exception>
    public async ValueTask<EmbeddedSpace?> FindSpaceAsync(string name, CancellationToken cancellationToken) =>
        await _catalog.FindAsync(SpaceName.Parse(name), cancellationToken).ConfigureAwait(false) is { } space ? new(space) : null;

    /// <summary>The names of all spaces, in ordinal order.</summary>
    public async ValueTask<IReadOnlyList<string>> ListSpacesAsync(CancellationToken cancellationToken) =>
        [.. (await _catalog.ListAsync(cancellationToken).ConfigureAwait(false)).Select(static space => space.Name.ToString())];

    /// <summary>Deletes a space with all that it holds; false: there is none. Writes to it are refused from then on.</summary>
    public ValueTask<bool> DeleteSpaceAsync(string name, CancellationToken cancellationToken) => _catalog.DeleteAsync(SpaceName.Parse(name), cancellationToken);

    /// <summary>Closes every space, each after the writes that it took, and lets the folder go.</summary>
    public ValueTask DisposeAsync() => _catalog.DisposeAsync();

    private static UInt128 NewId()
    {
        Span<byte> random = stackalloc byte[16];
        RandomNumberGenerator.Fill(random);
        return BinaryPrimitives.ReadUInt128LittleEndian(random);
    }
}
