using SkiaSharp;
using ZImage.Engine.Checkpoints;
using ZImage.Tests.Demo;
using static TorchSharp.torch;

namespace ZImage.TrainDemoModel;

/// <summary>Trains the judge's network on drawings, distorted drawings and pictures of nothing.</summary>
public sealed class JudgeTraining(Latents latents)
{
    private static readonly int[] _widths = [DemoJudge.InputChannels, 16, 32, 48];
    private const int Batch = 64;
    private readonly Random _random = new(77);

    /// <summary>Trains and writes the network; prints how well it does on fresh pictures.</summary>
    public void Run(string path, int steps)
    {
        var w = Create();
        var optimizer = new Optimizer(("", w));
        double sum = 0;
        for (var step = 1; step <= steps; step++)
        {
            Collections.BeforeStep();
            using var scope = NewDisposeScope();
            var (inputs, labels) = Examples(Batch);
            var loss = nn.functional.cross_entropy(Forward(w, inputs), labels);
            loss.backward();
            sum += loss.item<float>();
            optimizer.Apply(2e-3f * (1 - (float)step / steps), 0.99f);
            if (step % 100 == 0)
            {
                Console.WriteLine($"judge step {step} loss {sum / 100:f4}");
                sum = 0;
            }
        }

        optimizer.CopyAverageTo("", w);
        var writer = new GgufWriter();
        writer.AddMetadata("general.architecture", "demo-judge");
        writer.AddMetadata("general.name", "Judge of the demo model's pictures");
        foreach (var name in w.Names)
        {
            writer.AddTensor(name, TensorEncoding.TypeF32, [.. w[name].shape.Reverse()], w[name].bytes.ToArray());
        }

        writer.Write(path);
        Test(path);
    }

    private static Weights Create()
    {
        var generator = new Generator(4);
        var w = new Weights();
        for (var i = 0; i < 3; i++)
        {
            w.AddConvolution($"conv{i}", _widths[i], _widths[i + 1], 3, 1.4, generator);
        }

        w.AddLinear("output", _widths[3] * 16, DemoJudge.Subjects.Count + 1, true, 0.1, generator);
        return w;
    }

    private static Tensor Forward(Weights w, Tensor x)
    {
        for (var i = 0; i < 3; i++)
        {
            x = nn.functional.conv2d(x, w[$"conv{i}.weight"], w[$"conv{i}.bias"], padding: [1, 1]).relu();
            x = nn.functional.max_pool2d(x, 2);
        }

        return w.Linear(x.flatten(1), "output");
    }

    // Clean and distorted pictures of every kind, judged by the plain loops of the tests.
    private void Test(string path)
    {
        var judge = DemoJudge.Load(path);
        var (clean, colours, backgrounds, distorted, nothing) = (0, 0, 0, 0, 0);
        var scenes = Prompts.Combinations().Select(c => c.Scene).ToList();
        foreach (var scene in scenes)
        {
            var verdict = judge.Judge(Drawings.Draw(scene, _random));
            clean += verdict.Subject == scene.Subject ? 1 : 0;
            colours += verdict.Colour == scene.Colour ? 1 : 0;
            backgrounds += verdict.Background == scene.Background ? 1 : 0;
            distorted += judge.Judge(Distorted(scene, 1)).Subject == scene.Subject ? 1 : 0;
            nothing += judge.Judge(PictureOfNothing()).Subject == DemoJudge.Nothing ? 1 : 0;
        }

        double n = scenes.Count;
        Console.WriteLine($"judge on {n} pictures each: drawings {clean / n:p1}, their colours {colours / n:p1}, "
            + $"backgrounds {backgrounds / n:p1}, distorted drawings {distorted / n:p1}, nothing {nothing / n:p1}");
    }

    private (Tensor Inputs, Tensor Labels) Examples(int count)
    {
        var inputs = new float[count * DemoJudge.InputChannels * DemoJudge.InputSize * DemoJudge.InputSize];
        var labels = new long[count];
        for (var i = 0; i < count; i++)
        {
            var label = i % 3 == 0 ? DemoJudge.Subjects.Count : _random.Next(DemoJudge.Subjects.Count);
            labels[i] = label;
            var picture = label == DemoJudge.Subjects.Count ? PictureOfNothing() : Distorted(RandomScene(label), _random.NextSingle());
            DemoJudge.Look(picture).Input.CopyTo(inputs, i * inputs.Length / count);
        }

        return (tensor(inputs, [count, DemoJudge.InputChannels, DemoJudge.InputSize, DemoJudge.InputSize]), tensor(labels));
    }

    private Scene RandomScene(int subject)
    {
        while (true)
        {
            var colour = Drawings.Colours[_random.Next(Drawings.Colours.Length)].Name;
            var scene = new Scene(Drawings.Subjects[subject], colour, Drawings.Backgrounds[_random.Next(Drawings.Backgrounds.Length)]);
            if (scene.Colour != scene.Background)
            {
                return scene;
            }
        }
    }

    // A recognisable drawing: moved, resized, turned, slightly warped, with noise on its latents.
    private byte[] Distorted(Scene scene, float strength)
    {
        var picture = Warp(Drawings.Draw(scene, _random), 3f * strength, 0.1f * strength, 5 * strength);
        return _random.Next(2) == 0 ? picture : ThroughLatents(picture, 0.3 * strength);
    }

    private byte[] PictureOfNothing()
    {
        var scene = RandomScene(_random.Next(Drawings.Subjects.Length));
        switch (_random.Next(5))
        {
            case 0:
                return Blobs(scene);
            case 1:
                // A drawing bent out of recognition.
                return Warp(Drawings.Draw(scene, _random), 16 + 10 * _random.NextSingle(), 0.1f, 10);
            case 2:
                // Parts of two subjects put together.
                var other = RandomScene(_random.Next(Drawings.Subjects.Length));
                while (other.Subject == scene.Subject)
                {
                    other = RandomScene(_random.Next(Drawings.Subjects.Length));
                }

                return Halves(
                    Drawings.Draw(scene, _random),
                    Drawings.Draw(other with { Colour = scene.Colour, Background = scene.Background }, _random));
            case 3:
                return Shuffled(Drawings.Draw(scene, _random));
            default:
                // Strong noise, or nothing at all.
                return ThroughLatents(_random.Next(3) == 0 ? Blobs(scene, 0) : Blobs(scene), 1.5 * _random.NextDouble());
        }
    }

    private byte[] ThroughLatents(byte[] picture, double noise)
    {
        using var noGradients = no_grad();
        using var scope = NewDisposeScope();
        var z = latents.Project(Latents.Pixels([picture]));
        return Latents.Bytes(latents.Restore(z + randn_like(z) * noise))[0];
    }

    private byte[] Blobs(Scene scene, int count = -1)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(Drawings.Size, Drawings.Size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(bitmap))
        using (var paint = new SKPaint { Color = Drawings.ColourOf(scene.Colour!), IsAntialias = true })
        {
            canvas.Clear(Drawings.ColourOf(scene.Background!));
            for (var i = count < 0 ? 1 + _random.Next(6) : count; i > 0; i--)
            {
                var (x, y) = (64 + 60 * (_random.NextSingle() - 0.5f), 64 + 60 * (_random.NextSingle() - 0.5f));
                var (width, height) = (8 + 30 * _random.NextSingle(), 8 + 30 * _random.NextSingle());
                if (_random.Next(2) == 0)
                {
                    canvas.DrawOval(x, y, width, height, paint);
                }
                else
                {
                    canvas.DrawRect(x - width, y - height, 2 * width, 2 * height, paint);
                }
            }
        }

        return Drawings.Rgb(bitmap);
    }

    // Moves pixels by a smooth random field plus a shift, a change of size and a turn.
    private byte[] Warp(byte[] picture, float field, float size, float degrees)
    {
        const int knots = 5;
        var dx = Enumerable.Range(0, knots * knots).Select(_ => field * 2 * (_random.NextSingle() - 0.5f)).ToArray();
        var dy = Enumerable.Range(0, knots * knots).Select(_ => field * 2 * (_random.NextSingle() - 0.5f)).ToArray();
        var scale = 1 + size * 2 * (_random.NextSingle() - 0.5f);
        var angle = degrees * 2 * (_random.NextSingle() - 0.5f) * MathF.PI / 180;
        var (cos, sin) = (MathF.Cos(angle) * scale, MathF.Sin(angle) * scale);
        var (shiftX, shiftY) = (field * 2 * (_random.NextSingle() - 0.5f), field * 2 * (_random.NextSingle() - 0.5f));
        var warped = new byte[picture.Length];
        for (var y = 0; y < Drawings.Size; y++)
        {
            for (var x = 0; x < Drawings.Size; x++)
            {
                var (gx, gy) = (x * (knots - 1f) / Drawings.Size, y * (knots - 1f) / Drawings.Size);
                var (px, py) = (x - 63.5f, y - 63.5f);
                var sx = Math.Clamp((int)MathF.Round(63.5f + cos * px - sin * py + shiftX + At(dx, gx, gy)), 0, Drawings.Size - 1);
                var sy = Math.Clamp((int)MathF.Round(63.5f + sin * px + cos * py + shiftY + At(dy, gx, gy)), 0, Drawings.Size - 1);
                picture.AsSpan(3 * (sy * Drawings.Size + sx), 3).CopyTo(warped.AsSpan(3 * (y * Drawings.Size + x)));
            }
        }

        return warped;

        static float At(float[] grid, float x, float y)
        {
            var (ix, iy) = ((int)x, (int)y);
            var (fx, fy) = (x - ix, y - iy);
            var at = iy * knots + ix;
            return (grid[at] * (1 - fx) + grid[at + 1] * fx) * (1 - fy) + (grid[at + knots] * (1 - fx) + grid[at + knots + 1] * fx) * fy;
        }
    }

    private byte[] Halves(byte[] first, byte[] second)
    {
        var sideways = _random.Next(2) == 0;
        var result = (byte[])first.Clone();
        for (var i = 0; i < Drawings.Size * Drawings.Size; i++)
        {
            if ((sideways ? i % Drawings.Size : i / Drawings.Size) >= Drawings.Size / 2)
            {
                second.AsSpan(3 * i, 3).CopyTo(result.AsSpan(3 * i));
            }
        }

        return result;
    }

    // The middle part of the picture in pieces of 24 pixels, out of order.
    private byte[] Shuffled(byte[] picture)
    {
        const int piece = 24, start = 16, count = 4;
        var order = Enumerable.Range(0, count * count).ToArray();
        _random.Shuffle(order);
        var result = (byte[])picture.Clone();
        for (var i = 0; i < order.Length; i++)
        {
            for (var y = 0; y < piece; y++)
            {
                var to = (start + i / count * piece + y) * Drawings.Size + start + i % count * piece;
                var from = (start + order[i] / count * piece + y) * Drawings.Size + start + order[i] % count * piece;
                picture.AsSpan(3 * from, 3 * piece).CopyTo(result.AsSpan(3 * to));
            }
        }

        return result;
    }
}
