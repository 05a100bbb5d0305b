using System.Buffers.Binary;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Snapshots;

namespace Cairn.Reconciliation;

/// <summary>Writes the labels of concepts: a concept has the number of a set, a set is the list of its labels' numbers in the order given.</summary>
internal sealed class LabelSets(SpaceState state)
{
    private readonly List<int> _labels = [];
    private readonly byte[] _key = new byte[byte.MaxValue * sizeof(int)];

    /// <summary>Gives a concept these labels.</summary>
    /// <returns>False: there is no room for a new one.</returns>
    public bool Set(int row, ReadOnlySpan<byte> payload, ref bool changed)
    {
        _labels.Clear();
        return TryAdd(payload) && TryStore(row, ref changed);
    }

    /// <summary>Adds and removes labels.</summary>
    /// <returns>False: they would be too many, or there is no room for a new one.</returns>
    public bool Change(int row, ReadOnlySpan<byte> add, ReadOnlySpan<byte> remove, ref bool changed)
    {
        if (add.IsEmpty && remove.IsEmpty)
        {
            return true;
        }

        _labels.Clear();
        Load(row);
        if (!add.IsEmpty && !TryAdd(add))
        {
            return false;
        }

        if (!remove.IsEmpty)
        {
            var names = new NameListReader(remove, wideCount: false);
            while (names.TryRead(out var name))
            {
                _labels.Remove(state.Shared.Labels.Find(name));
            }
        }

        return _labels.Count <= Limits.Labels && TryStore(row, ref changed);
    }

    private void Load(int row)
    {
        if (state.Concepts.Table.TryGet(row, ConceptColumn.LabelSet, out var set))
        {
            var bytes = state.Shared.LabelSets[(int)set];
            for (var i = 0; i < bytes.Length; i += sizeof(int))
            {
                _labels.Add(BinaryPrimitives.ReadInt32LittleEndian(bytes[i..]));
            }
        }
    }

    private bool TryAdd(ReadOnlySpan<byte> payload)
    {
        var names = new NameListReader(payload, wideCount: false);
        while (names.TryRead(out var name))
        {
            var label = state.Shared.Labels.FindOrAdd(name);
            if (label < 0)
            {
                return false;
            }

            if (!_labels.Contains(label))
            {
                _labels.Add(label);
            }
        }

        return true;
    }

    private bool TryStore(int row, ref bool changed)
    {
        if (_labels.Count == 0)
        {
            changed |= state.Concepts.Unset(row, ConceptColumn.LabelSet);
            return true;
        }

        for (var i = 0; i < _labels.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_key.AsSpan(i * sizeof(int)), _labels[i]);
        }

        var set = state.Shared.LabelSets.FindOrAdd(_key.AsSpan(0, _labels.Count * sizeof(int)));
        changed |= set >= 0 && state.Concepts.Set(row, ConceptColumn.LabelSet, set);
        return set >= 0;
    }
}
