using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Cairn.Functions.Problems;
using Cairn.Primitives;

namespace Cairn.Functions.Keys;

/// <summary>
/// Keys as they were a moment ago, so that a request costs no look into the tables. Any thread.
/// </summary>
/// <remarks>
/// Invariants: nothing older than <see cref="TimeToLive"/> is used, so a key that was revoked anywhere stops here within that time, and one that was not known
/// works; at most <see cref="MaxEntries"/> are kept, unknown ones first to go, so that guessing pushes out no key that is in use; at most
/// <see cref="MaxLooks"/> looks for keys that are not known run at a time, so that guessing keeps the tables free for those that are.
/// </remarks>
internal sealed class KeyCache
{
    public static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(30);

    public const int MaxEntries = 10_000, MaxLooks = 32;

    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly KeyRegistry _keys;
    private readonly TimeProvider _time;
    private readonly Action<Exception> _useNotNoted;
    private readonly Lock _gate = new();
    private int _looks;
    private int _forgotten;

    public KeyCache(KeyRegistry keys, TimeProvider time, Action<Exception> useNotNoted)
    {
        (_keys, _time, _useNotNoted) = (keys, time, useNotNoted);
        _lookup = _entries.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>How many are kept.</summary>
    public int Count => _entries.Count;

    /// <summary>Whose key a text is, as far as that is known here; null: nobody's. Allocates nothing.</summary>
    /// <returns>False: ask <see cref="FindAsync"/>.</returns>
    public bool TryFind(ReadOnlySpan<char> text, out Caller? caller)
    {
        caller = null;
        if (!ApiKey.TryParse(text, out var id, out _))
        {
            return true;
        }

        if (!_lookup.TryGetValue(id, out var entry) || !IsFresh(entry))
        {
            return false;
        }

        caller = entry.CallerOf(text, _keys.Now);
        return true;
    }

    /// <summary>Whose key a text of the right form is, by a look into the tables; null: nobody's.</summary>
    /// <exception cref="ProblemException">throttled: too many unknown keys come at once.</exception>
    /// <exception cref="CairnException">Unavailable: the tables do not answer. Then nobody comes in: whether the key was revoked is not known.</exception>
    public async ValueTask<Caller?> FindAsync(string text, CancellationToken cancellationToken)
    {
        var id = IdOf(text);
        var isKnown = _entries.TryGetValue(id, out var old) && old.Key is not null;
        if (Interlocked.Increment(ref _looks) > MaxLooks && !isKnown)
        {
            Interlocked.Decrement(ref _looks);
            throw new ProblemException(new Problem(ProblemKinds.Throttled, "too many keys that are not known are being looked for (limit: unknownKeys)")
            {
                Limit = MaxLooks,
                RetryAfterSeconds = 1,
            });
        }

        try
        {
            // The time before the look: what it finds may be revoked while it is on its way.
            var (lookedAt, forgotten) = (_time.GetTimestamp(), Volatile.Read(ref _forgotten));
            var found = await _keys.FindAsync(id, cancellationToken);
            var entry = new Entry(found?.Key, lookedAt);
            Keep(id, entry, forgotten);
            var caller = entry.CallerOf(text, _keys.Now);
            if (caller is not null)
            {
                await NoteUseAsync(found!.Value.Key, found.Value.Version, cancellationToken);
            }

            return caller;
        }
        finally
        {
            Interlocked.Decrement(ref _looks);
        }
    }

    /// <summary>A key was revoked or made in this process: nothing older is used here, also if it is on its way.</summary>
    public void Forget(string id)
    {
        lock (_gate)
        {
            _forgotten++;
            _entries.TryRemove(id, out _);
        }
    }

    private static string IdOf(string text) => ApiKey.TryParse(text, out var id, out _) ? id.ToString() : throw new CairnException(ErrorKind.Internal, "a text that is no key");

    private bool IsFresh(Entry entry) => _time.GetElapsedTime(entry.LookedAt) < TimeToLive;

    private async ValueTask NoteUseAsync(KeyRecord key, Storage.VersionTag version, CancellationToken cancellationToken)
    {
        try
        {
            await _keys.NoteUseAsync(key, version, cancellationToken);
        }
        catch (CairnException failure)
        {
            // A key that cannot be written to can be used all the same.
            _useNotNoted(failure);
        }
    }

    private void Keep(string id, Entry entry, int forgotten)
    {
        lock (_gate)
        {
            if (forgotten == _forgotten)
            {
                MakeRoom();
                _entries[id] = entry;
            }
        }
    }

    private void MakeRoom()
    {
        if (_entries.Count >= MaxEntries)
        {
            Drop(static (each, _) => each.Key is null);
            if (_entries.Count >= MaxEntries)
            {
                Drop(static (each, cache) => !cache.IsFresh(each));
            }

            if (_entries.Count >= MaxEntries)
            {
                _entries.Clear();
            }
        }
    }

    private void Drop(Func<Entry, KeyCache, bool> isDropped)
    {
        foreach (var (id, entry) in _entries)
        {
            if (isDropped(entry, this))
            {
                _entries.TryRemove(id, out _);
            }
        }
    }

    /// <summary>What one look found; without a key: nothing.</summary>
    private sealed class Entry(KeyRecord? key, long lookedAt)
    {
        private readonly Caller? _caller = key?.ToCaller();

        public KeyRecord? Key => key;

        public long LookedAt => lookedAt;

        public Caller? CallerOf(ReadOnlySpan<char> text, Timestamp now) =>
            key is not null && ApiKey.TryParse(text, out _, out var secret) && ApiKey.Matches(secret, key.Hash) && !key.IsExpired(now) ? _caller : null;
    }
}
