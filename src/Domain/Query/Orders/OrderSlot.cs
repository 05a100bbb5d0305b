using Cairn.Snapshots;

namespace Cairn.Query.Orders;

/// <summary>
/// One field's order, as far as there is one. It is built when it was asked for often enough, and given up when the space has changed too much since it was
/// last used; an order that was built for little use is built again later only. Thread-safe, without a lock: whoever finds another at work does without.
/// Invariant: the order never goes back to an earlier snapshot.
/// </summary>
internal sealed class OrderSlot
{
    /// <summary>Uses before the first build: what is asked for once is not built.</summary>
    public const int FirstBuild = 2;

    /// <summary>Uses before a build at most.</summary>
    public const int LastBuild = 1024;

    /// <summary>What a build costs, in passes over all rows that it has to save.</summary>
    private const int PaidAfter = 32;

    private FieldOrder? _order;
    private WeakReference<FieldOrderBuild>? _build;
    private int _isBuilding;
    private int _usesToBuild = FirstBuild;
    private int _uses;

    /// <summary>Number of its last use among those of all fields.</summary>
    public long LastUse { get; set; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => Volatile.Read(ref _order)?.Bytes ?? 0;

    /// <summary>The order, of whatever snapshot; null: none.</summary>
    public FieldOrder? Order => Volatile.Read(ref _order);

    /// <summary>Counts a use; with no order, whether it is time to build one.</summary>
    public bool Count() => Interlocked.Increment(ref _uses) >= Volatile.Read(ref _usesToBuild);

    /// <summary>Does a slice of building. A build that nobody went on with may be gone on with by another query, or is forgotten with it.</summary>
    /// <param name="image">Of what, if it begins.</param>
    /// <param name="snapshot">The snapshot of it.</param>
    /// <param name="build">The build at hand, which the caller keeps; null: none yet.</param>
    /// <returns>True: there is more to do; false: there is an order, or there will be none by this caller.</returns>
    public bool Build(Func<FieldImage?> image, Snapshot snapshot, ref FieldOrderBuild? build)
    {
        if (Interlocked.Exchange(ref _isBuilding, 1) != 0)
        {
            return false;
        }

        try
        {
            if (Order is not null)
            {
                return false;
            }

            build = _build is { } begun && begun.TryGetTarget(out var other) ? other : build;
            if (build is null)
            {
                if (image() is not { } taken)
                {
                    Fail();
                    return false;
                }

                _build = new(build = new(taken, snapshot.Ids));
            }

            if (build.Step())
            {
                return true;
            }

            _build = null;
            if (build.Result is { } order)
            {
                Volatile.Write(ref _order, order);
                Volatile.Write(ref _uses, 0);
            }
            else
            {
                Fail();
            }

            return false;
        }
        finally
        {
            Volatile.Write(ref _isBuilding, 0);
        }
    }

    /// <summary>Replaces an order by that of a later snapshot.</summary>
    public void Replace(FieldOrder before, FieldOrder after)
    {
        if (after.Image.Position > before.Image.Position)
        {
            Interlocked.CompareExchange(ref _order, after, before);
        }
    }

    /// <summary>Gives an order up, from which a later snapshot is too far away.</summary>
    public void GiveUp(FieldOrder order)
    {
        if (Interlocked.CompareExchange(ref _order, null, order) == order)
        {
            var hasPaid = Volatile.Read(ref _uses) >= PaidAfter;
            Volatile.Write(ref _usesToBuild, hasPaid ? FirstBuild : Math.Min(_usesToBuild * 2, LastBuild));
            Volatile.Write(ref _uses, 0);
        }
    }

    /// <summary>Lets go of the order; it may be built again.</summary>
    public void Clear()
    {
        Volatile.Write(ref _order, null);
        Volatile.Write(ref _uses, 0);
    }

    private void Fail()
    {
        Volatile.Write(ref _usesToBuild, Math.Min(_usesToBuild * 2, LastBuild));
        Volatile.Write(ref _uses, 0);
    }
}
