/** A small picture, in base64, and the CRC-32 of the RGB that Pillow makes of it. Made by scripts/fixtures/decoder_probe.py. */
export interface Probe {
  readonly file: string;
  readonly crc32: number;
}

/** A JPEG with half as many colours as pixels each way, turned by its EXIF block. */
export const opaqueProbe: Probe = {
  file: '/9j/4AAQSkZJRgABAQAAAQABAAD/4QAiRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/2wBDAQkJCQwLDBgNDRgyIRwhMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjIyMjL/wAARCAAMABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABgMF/8QAJBAAAgAGAQMFAAAAAAAAAAAAAQIDBAUREiEABhNRQXGBkbH/xAAVAQEBAAAAAAAAAAAAAAAAAAAAAv/EABwRAAICAgMAAAAAAAAAAAAAAAECAMEDEhExQf/aAAwDAQACEQMRAD8AP0SklIrPHD95VLWJJU7tsA6/Prjej9PiMVKw0ZfOVj7Eg+SPTl6LT5eNNorhjmWXK+wLroH5PNKtVKNSJGQjSqQs5our5re2JNrcF9Bt5wTdScjBcZc9Cp//2Q==',
  crc32: 0x809ab596,
};

/** A WebP whose transparent pixels have colours. */
export const alphaProbe: Probe = {
  file: 'UklGRv4AAABXRUJQVlA4TPIAAAAvBUABEB/BtNa2Jb/jkj3RWIFK0h3ZgEW8WXWp3yhuAwAgmxg7N1v35bgckANsc2O7tUwDAEyy4e6W3BO38CyVA+wEh0piCWNbW3uSkwFy0qfNCGjJCuzh7nSU3rttQEXHAs4+QS3AOYR0AeY3NuWwiHQh51uUYNdJbHmMKnd3ZqwzvsPw6+ixy6ae53Gtz0OfOOpo2RMTH7sziM4UxbWVn05JXgDQHW3pIabhH4nefvM7vAxx9/DwcEIF/xKPamnbciLlRQLhWFxx9TdBGYBhAIBFc7Nt5CL6H9+U/7ne/EBXu1Cc6EJTGNH6y+yjIYbBDQ==',
  crc32: 0xe52112eb,
};
