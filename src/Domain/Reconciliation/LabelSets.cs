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
    public bool Set(int row, ReadOnlySpan<byte> payload)
    {
        _labels.Clear();
        Add(payload);
        return Store(row);
    }

    /// <summary>Adds and removes labels.</summary>
    /// <returns>False: they would be too many.</returns>
    public bool Change(int row, ReadOnlySpan<byte> add, ReadOnlySpan<byte> remove, ref bool changed)
    {
        if (add.IsEmpty && remove.IsEmpty)
        {
            return true;
        }

        _labels.Clear();
        Load(row);
        if (!add.IsEmpty)
        {
            Add(add);
        }

        if (!remove.IsEmpty)
        {
            var names = new NameListReader(remove, wideCount: false);
            while (names.TryRead(out var name))
            {
                _labels.Remove(state.Shared.Labels.Find(name));
            }
        }

        if (_labels.Count > Limits.Labels)
        {
            return false;
        }

        changed |= Store(row);
        return true;
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

    private void Add(ReadOnlySpan<byte> payload)
    {
        var names = new NameListReader(payload, wideCount: false);
        while (names.TryRead(out var name))
        {
            var label = state.Shared.Labels.FindOrAdd(name);
            if (!_labels.Contains(label))
            {
                _labels.Add(label);
            }
        }
    }

    private bool Store(int row)
    {
        if (_labels.Count == 0)
        {
            return state.Concepts.Unset(row, ConceptColumn.LabelSet);
        }

        for (var i = 0; i < _labels.Count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(_key.AsSpan(i * sizeof(int)), _labels[i]);
        }

        return state.Concepts.Set(row, ConceptColumn.LabelSet, state.Shared.LabelSets.FindOrAdd(_key.AsSpan(0, _labels.Count * sizeof(int))));
    }
}
